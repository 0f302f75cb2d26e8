using ILGPU.Runtime;

namespace Blip.Kernels.Ptx;

/// <summary>An attribute of a kernel that bounds its groups.</summary>
internal interface ILaunchBounds
{
    /// <summary>What the compiler is to know.</summary>
    KernelSpecialization Specialization { get; }
}
