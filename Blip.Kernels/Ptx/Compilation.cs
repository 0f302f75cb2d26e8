using System.Reflection;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;

namespace Blip.Kernels.Ptx;

/// <summary>How kernels are compiled, on a device and without one.</summary>
internal static class Compilation
{
    /// <summary>The largest group that a portable kernel may be launched with.</summary>
    public const int MaxGroupSize = 256;

    private static readonly KernelSpecialization Usual = new(MaxGroupSize, null);

    private static readonly MethodInfo Entry = typeof(Compilation).GetMethod(nameof(Enter))!;

    /// <summary>The settings of a context.</summary>
    public static void Configure(Context.Builder builder) => builder.Optimize(OptimizationLevel.O2).EnableAlgorithms();

    /// <summary>The method that ILGPU compiles for a kernel.</summary>
    /// <param name="kernel">The kernel's struct, closed over its type arguments.</param>
    public static MethodInfo EntryOf(Type kernel) => Entry.MakeGenericMethod(kernel);

    /// <summary>Facts about a kernel for ILGPU.</summary>
    public static KernelSpecialization SpecializationOf(Type kernel) =>
        kernel.GetCustomAttributes().OfType<ILaunchBounds>().FirstOrDefault()?.Specialization ?? Usual;

    /// <summary>The source that a kernel is compiled from.</summary>
    public static void Enter<TKernel>(TKernel kernel)
        where TKernel : struct, IDeviceKernel => kernel.Run();
}
