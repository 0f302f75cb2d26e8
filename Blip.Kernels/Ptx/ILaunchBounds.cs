using ILGPU.Runtime;

namespace Blip.Kernels.Ptx;

/// <summary>An attribute of a kernel that bounds its groups.</summary>
internal interface ILaunchBounds
{
    /// <summary>The facts for the compiler.</summary>
    KernelSpecialization Specialization { get; }
}
