using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// A kernel: a struct whose fields are its arguments, and whose <see cref="Run"/> is the code of each work-item. It is launched by
/// <c>Device.Launch</c>, and written in the part of C# that ILGPU compiles.
/// </summary>
/// <remarks>
/// The struct is public, or internal in an assembly that shows its internals to <c>ILGPURuntime</c>: ILGPU compiles code that touches it.
/// </remarks>
public interface IDeviceKernel
{
    /// <summary>The code of one work-item; <see cref="Grid"/> and <see cref="Group"/> say which it is.</summary>
    void Run();
}
