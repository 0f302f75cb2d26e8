namespace Blip.Verification.Operators;

/// <summary>The variants that tests run. Others take too long.</summary>
[Flags]
public enum TestedOn
{
    /// <summary>The case is only timed.</summary>
    None = 0,

    /// <summary>The CPU accelerator with its widest vectors.</summary>
    Cpu = 1,

    /// <summary>Narrower vectors.</summary>
    NarrowVectors = 2,

    /// <summary>Portable kernels on the CPU accelerator.</summary>
    PortableOnCpu = 4,

    /// <summary>OpenCL with the device's kernels.</summary>
    OpenCl = 8,

    /// <summary>OpenCL with GPU-sized groups.</summary>
    OpenClGroups = 16,

    /// <summary>CUDA.</summary>
    Cuda = 32,

    /// <summary>Vector kernels.</summary>
    Vectors = Cpu | NarrowVectors,

    /// <summary>CPU accelerator and OpenCL with their chosen kernels.</summary>
    Processors = Cpu | OpenCl,

    /// <summary>Every variant.</summary>
    Every = Cpu | NarrowVectors | PortableOnCpu | OpenCl | OpenClGroups | Cuda,
}
