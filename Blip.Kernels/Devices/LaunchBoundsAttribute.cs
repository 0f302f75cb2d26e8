using Blip.Kernels.Ptx;
using ILGPU.Runtime;

namespace Blip.Kernels.Devices;

/// <summary>
/// Bounds a kernel's groups, and so a thread's registers. Without it, NVIDIA's assembler may aim at more groups and spill registers.
/// </summary>
/// <param name="threads">The most work-items of a group.</param>
/// <param name="groups">The least groups per multiprocessor.</param>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class LaunchBoundsAttribute(int threads, int groups) : Attribute, ILaunchBounds
{
    /// <summary>The most work-items of a group.</summary>
    public int Threads { get; } = threads;

    /// <summary>The least groups per multiprocessor.</summary>
    public int Groups { get; } = groups;

    KernelSpecialization ILaunchBounds.Specialization => new(Threads, Groups);
}
