namespace Blip.Verification.Operators;

/// <summary>The variants on which the tests run a case. A case on fewer than all takes too long there.</summary>
[Flags]
public enum TestedOn
{
    /// <summary>None: the case is only timed.</summary>
    None = 0,

    /// <summary>The CPU accelerator with the widest vectors that the processor has.</summary>
    Cpu = 1,

    /// <summary>The CPU accelerator with narrower vectors.</summary>
    NarrowVectors = 2,

    /// <summary>The portable kernels on the CPU accelerator.</summary>
    PortableOnCpu = 4,

    /// <summary>OpenCL as the device chooses.</summary>
    OpenCl = 8,

    /// <summary>OpenCL with groups of a GPU's size.</summary>
    OpenClGroups = 16,

    /// <summary>CUDA.</summary>
    Cuda = 32,

    /// <summary>The kernels with vectors.</summary>
    Vectors = Cpu | NarrowVectors,

    /// <summary>The CPU accelerator and OpenCL with the kernels that they choose.</summary>
    Processors = Cpu | OpenCl,

    /// <summary>Every variant.</summary>
    Every = Cpu | NarrowVectors | PortableOnCpu | OpenCl | OpenClGroups | Cuda,
}
