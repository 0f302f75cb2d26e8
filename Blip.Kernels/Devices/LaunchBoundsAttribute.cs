using Blip.Kernels.Ptx;
using ILGPU.Runtime;

namespace Blip.Kernels.Devices;

/// <summary>
/// How large the groups of a kernel are, and how many of them a multiprocessor shall hold: the registers that a thread may have. Where a
/// kernel says nothing, NVIDIA's assembler may aim at more groups than its registers allow, and spill some.
/// </summary>
/// <param name="threads">The most work-items of a group.</param>
/// <param name="groups">The least groups that fit a multiprocessor.</param>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class LaunchBoundsAttribute(int threads, int groups) : Attribute, ILaunchBounds
{
    /// <summary>The most work-items of a group.</summary>
    public int Threads { get; } = threads;

    /// <summary>The least groups that fit a multiprocessor.</summary>
    public int Groups { get; } = groups;

    KernelSpecialization ILaunchBounds.Specialization => new(Threads, Groups);
}
