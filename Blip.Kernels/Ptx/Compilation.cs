using System.Reflection;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;

namespace Blip.Kernels.Ptx;

/// <summary>How kernels are compiled, with and without a device.</summary>
internal static class Compilation
{
    public const int MaxGroupSize = 256;

    private static readonly KernelSpecialization Usual = new(MaxGroupSize, null);

    private static readonly MethodInfo Entry = typeof(Compilation).GetMethod(nameof(Enter))!;

    public static void Configure(Context.Builder builder) => builder.Optimize(OptimizationLevel.O2).EnableAlgorithms();

    /// <summary>The method that ILGPU compiles for a kernel's closed struct type.</summary>
    public static MethodInfo EntryOf(Type kernel) => Entry.MakeGenericMethod(kernel);

    public static KernelSpecialization SpecializationOf(Type kernel) =>
        kernel.GetCustomAttributes().OfType<ILaunchBounds>().FirstOrDefault()?.Specialization ?? Usual;

    public static void Enter<TKernel>(TKernel kernel)
        where TKernel : struct, IDeviceKernel => kernel.Run();
}
