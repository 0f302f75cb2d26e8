using Blip.Emulation.Machine;
using Blip.Kernels;
using ILGPU;

namespace Blip.Tests.Kernels;

/// <summary>One launch of a CUDA kernel on the interpreter of PTX, which checks every access. Seeds shuffle the order of warps.</summary>
internal static class EmulatedKernels
{
    /// <summary>
    /// Launches a kernel whose arguments are arrays (views of them), numbers, an <see cref="AttentionShape"/> or a
    /// <see cref="GemmRowsShape"/>.
    /// </summary>
    /// <param name="kernel">Its name in <see cref="PtxKernels"/>.</param>
    /// <param name="architecture">The target architecture.</param>
    /// <param name="launch">Groups and their size.</param>
    /// <param name="output">The array among the arguments that is read back; its old contents are not uploaded.</param>
    /// <param name="arguments">The arguments, in order.</param>
    /// <returns>The kernel's output: all of it, or the interpreter reports the read of unwritten memory.</returns>
    public static float[] Run(string kernel, string architecture, KernelConfig launch, float[] output, params object[] arguments) =>
        Run(kernel, architecture, launch, true, output, arguments);

    /// <summary>The same, where the device was or was not told that the launch may have the shared memory that it asks for.</summary>
    public static float[] Run(
        string kernel, string architecture, KernelConfig launch, bool allowsShared, float[] output, object[] arguments)
    {
        using var gpu = new EmulatedGpu(new EmulationOptions { Seed = launch.GridDim.X });
        var (to, passed) = (0ul, new KernelArguments());
        foreach (var argument in arguments)
        {
            if (ReferenceEquals(argument, output))
                passed.View<float>(to = gpu.Allocate<float>(output.Length), output.Length);
            else if (argument is float[] floats)
                View(floats);
            else if (argument is ushort[] shorts)
                View(shorts);
            else if (argument is int[] ints)
                View(ints);
            else if (argument is Pairs pairs)
                passed.View<ulong>(gpu.Upload<byte>(pairs.Bytes), pairs.Bytes.Length / 8);
            else if (argument is Pieces pieces)
                passed.View<UInt128>(gpu.Upload<byte>(pieces.Bytes), pieces.Bytes.Length / 16);
            else if (argument is AttentionShape shape)
                passed.Add(shape, alignment: 4);
            else if (argument is GemmRowsShape gemm)
                passed.Add(gemm, alignment: 4);
            else if (argument is float number)
                passed.Add(number);
            else
                passed.Add((int)argument);
        }
        var loaded = gpu.Load(PtxKernels.Compile(kernel, architecture));
        var shared = launch.SharedMemoryConfig.NumElements * launch.SharedMemoryConfig.ElementSize;
        if (allowsShared)
            loaded.AllowDynamicShared(shared);
        loaded.Launch(new Dim3(launch.GridDim.X, 1), launch.GroupDim.X, passed.ToStruct(), shared);
        return gpu.Download<float>(to, output.Length);

        // An optional argument that is absent is a view of nothing, somewhere.
        void View<T>(T[] values)
            where T : unmanaged => passed.View<T>(values.Length > 0 ? gpu.Upload<T>(values) : gpu.Allocate<T>(4), values.Length);
    }

    /// <summary>Bytes that a kernel takes as a view of 8 bytes each.</summary>
    /// <param name="Bytes">The bytes.</param>
    public sealed record Pairs(byte[] Bytes);

    /// <summary>The same of 16 bytes each.</summary>
    /// <param name="Bytes">The bytes.</param>
    public sealed record Pieces(byte[] Bytes);
}
