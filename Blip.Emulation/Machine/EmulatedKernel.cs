using Blip.Emulation.Ptx;

namespace Blip.Emulation.Machine;

/// <summary>A kernel of a module that was loaded onto an <see cref="EmulatedGpu"/>.</summary>
public sealed class EmulatedKernel
{
    private readonly EmulatedGpu gpu;
    private readonly Lazy<KernelProgram> program;

    internal EmulatedKernel(EmulatedGpu gpu, PtxModule module, PtxFunction entry)
    {
        this.gpu = gpu;
        Entry = entry;
        program = new Lazy<KernelProgram>(() => new KernelProgram(module, entry));
        SharedBytes = module.SharedBytes;
    }

    /// <summary>Name, arguments and limits.</summary>
    public PtxFunction Entry { get; }

    /// <summary>Bytes of the kernel's own shared variables.</summary>
    public int SharedBytes { get; }

    /// <summary>What the host asked for (<c>cuFuncSetAttribute</c>); beyond what every kernel has it must be asked for.</summary>
    public int MaxDynamicSharedBytes { get; private set; }

    /// <summary>Allows launches with so much dynamic shared memory.</summary>
    /// <exception cref="EmulationException">The device has not so much.</exception>
    public void AllowDynamicShared(int bytes)
    {
        if (bytes < 0 || bytes + SharedBytes > gpu.Options.MaxSharedBytes)
            throw new EmulationException(Fault.Launch, $"{bytes} bytes of dynamic shared memory beside {SharedBytes}; the device has {gpu.Options.MaxSharedBytes}");
        MaxDynamicSharedBytes = bytes;
    }

    /// <summary>Runs the kernel.</summary>
    /// <param name="grid">Groups.</param>
    /// <param name="block">Threads of a group.</param>
    /// <param name="arguments">The argument buffer; see <see cref="KernelArguments"/>.</param>
    /// <param name="dynamicSharedBytes">Shared memory beside the kernel's own variables.</param>
    /// <exception cref="EmulationException">The launch is beyond a limit, or the kernel showed a fault.</exception>
    public LaunchCounts Launch(Dim3 grid, Dim3 block, ReadOnlySpan<byte> arguments, int dynamicSharedBytes = 0)
    {
        if (gpu.Options.CheckInitialised)
            CheckPointers(arguments);
        // Loads follow pointers into it.
        var buffer = GC.AllocateUninitializedArray<byte>(arguments.Length, pinned: true);
        arguments.CopyTo(buffer);
        var limit = Math.Max(gpu.Options.SharedBytes, MaxDynamicSharedBytes + PtxTypes.RoundUp(SharedBytes, 16));
        var counts = KernelRunner.Run(new KernelLaunch(program.Value, grid, block, dynamicSharedBytes, buffer, gpu.Memory, gpu.Options), limit);
        gpu.Count(counts);
        return counts;
    }

    // A device pointer among the arguments must be to memory that is still there, used or not.
    private void CheckPointers(ReadOnlySpan<byte> arguments)
    {
        for (var i = 0; i + 8 <= arguments.Length; i += 8)
        {
            var address = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(arguments[i..]);
            if (GlobalMemory.IsDevice(address) && gpu.Memory.WasFreed(address))
                throw new EmulationException(Fault.Freed, $"launch of {Entry.Name}: argument byte {i} points to memory that was freed");
        }
    }
}
