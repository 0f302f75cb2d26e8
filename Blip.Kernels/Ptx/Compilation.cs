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

    /// <summary>The settings of a context.</summary>
    public static void Configure(Context.Builder builder) => builder.Optimize(OptimizationLevel.O2).EnableAlgorithms();

    /// <summary>What ILGPU is to know of a kernel.</summary>
    public static KernelSpecialization SpecializationOf(MethodInfo kernel) =>
        kernel.GetCustomAttributes().OfType<ILaunchBounds>().FirstOrDefault()?.Specialization ?? Usual;
}
