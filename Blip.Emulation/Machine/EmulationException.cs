namespace Blip.Emulation.Machine;

/// <summary>The kind of fault in a kernel or a host.</summary>
public enum Fault
{
    /// <summary>An access outside every allocation or variable.</summary>
    OutOfBounds,

    /// <summary>An address that is not aligned to the access's size.</summary>
    Misaligned,

    /// <summary>A read of unwritten memory or registers.</summary>
    Uninitialised,

    /// <summary>Freed memory.</summary>
    Freed,

    /// <summary>Unordered accesses of two threads to the same bytes, one of them a write.</summary>
    Race,

    /// <summary>Threads of a warp are apart where all must be together.</summary>
    Divergence,

    /// <summary>Threads wait forever.</summary>
    Deadlock,

    /// <summary>A kernel ran for far too long.</summary>
    Endless,

    /// <summary>A launch exceeds limits, or has wrong arguments.</summary>
    Launch,

    /// <summary>An instruction is used as the ISA forbids.</summary>
    Invalid,

    /// <summary>A host misused the driver: leaks, unknown handles.</summary>
    Host,
}

/// <summary>A fault of a kernel or host that a real GPU need not survive.</summary>
public sealed class EmulationException(Fault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The kind of fault.</summary>
    public Fault Fault => fault;
}
