using ILGPU.Runtime;

namespace Blip.Kernels.Ptx;

/// <summary>A kernel's attribute that bounds its groups.</summary>
internal interface ILaunchBounds
{
    KernelSpecialization Specialization { get; }
}
