namespace Blip.Kernels.Devices;

/// <summary>The three kinds of accelerator that ILGPU drives.</summary>
public enum DeviceKind
{
    /// <summary>ILGPU's CPU accelerator: kernels run as compiled .NET code, SIMD variants included.</summary>
    Cpu,

    /// <summary>An OpenCL 2.0 or 3.0 device with generic address space: a GPU, or a processor through PoCL.</summary>
    OpenCl,

    /// <summary>An NVIDIA GPU through the CUDA driver.</summary>
    Cuda,
}
