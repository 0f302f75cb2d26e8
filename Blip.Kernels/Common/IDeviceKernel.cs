using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// A kernel: a struct whose fields are its arguments. <c>Device.Launch</c> runs <see cref="Run"/>, which ILGPU compiles from a subset of
/// C#, for each work-item.
/// </summary>
/// <remarks>
/// The struct is public, or its assembly shows its internals to <c>ILGPURuntime</c>: ILGPU compiles code that accesses it.
/// </remarks>
public interface IDeviceKernel
{
    /// <summary>One work-item's code; <see cref="Grid"/> and <see cref="Group"/> identify it.</summary>
    void Run();
}
