namespace Blip.Emulation.Machine;

/// <summary>The kind of fault in a kernel or a host.</summary>
public enum Fault
{
    /// <summary>An access outside of every allocation or variable.</summary>
    OutOfBounds,

    /// <summary>An address that is no multiple of the access's size.</summary>
    Misaligned,

    /// <summary>Memory or a register that was read before anything was written there.</summary>
    Uninitialised,

    /// <summary>Memory that was freed.</summary>
    Freed,

    /// <summary>Two threads touched the same shared bytes, one of them writing, with nothing that orders them.</summary>
    Race,

    /// <summary>Threads of a warp stand at different places where all must be at the same.</summary>
    Divergence,

    /// <summary>Threads wait and cannot be woken.</summary>
    Deadlock,

    /// <summary>A kernel that ran for much longer than allowed.</summary>
    Endless,

    /// <summary>A launch beyond the limits of the device or the kernel, or with arguments that are not the kernel's.</summary>
    Launch,

    /// <summary>An instruction that is used as the ISA forbids.</summary>
    Invalid,

    /// <summary>A host that used the driver wrongly: unfreed objects, a handle that does not exist.</summary>
    Host,
}

/// <summary>A kernel or its host did something that a GPU need not survive.</summary>
public sealed class EmulationException(Fault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The kind of fault.</summary>
    public Fault Fault => fault;
}
