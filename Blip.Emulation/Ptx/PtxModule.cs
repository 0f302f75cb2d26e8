namespace Blip.Emulation.Ptx;

/// <summary>A parsed PTX text: functions, variables, and one numbering of all registers.</summary>
public sealed class PtxModule
{
    /// <summary>The architecture in the <c>.target</c> line: <c>sm_80</c>.</summary>
    public string Target { get; internal set; } = "";

    /// <summary>Kernels and device functions by name.</summary>
    public IReadOnlyDictionary<string, PtxFunction> Functions => FunctionsByName;

    /// <summary>All functions' instructions; each function ends with <see cref="PtxInstruction.End"/>.</summary>
    public IReadOnlyList<PtxInstruction> Code => Instructions;

    internal Dictionary<string, PtxFunction> FunctionsByName { get; } = new(StringComparer.Ordinal);

    internal List<PtxInstruction> Instructions { get; } = [];

    internal List<PtxVariable> Variables { get; } = [];

    /// <summary>Slots of all functions' registers of 16 to 64 bits.</summary>
    internal int Registers { get; set; }

    /// <summary>Slots of all functions' predicates.</summary>
    internal int Predicates { get; set; }

    /// <summary>A group's static shared memory in bytes.</summary>
    internal int SharedBytes { get; set; }

    internal int LocalBytes { get; set; }

    /// <summary>Per thread, for call arguments.</summary>
    internal int CallBytes { get; set; }

    /// <summary>The only kernel.</summary>
    /// <exception cref="InvalidOperationException">There is not exactly one.</exception>
    public PtxFunction Entry => FunctionsByName.Values.Single(function => function.IsEntry);

    /// <summary>Reads PTX text.</summary>
    /// <exception cref="PtxException">A statement is unreadable.</exception>
    public static PtxModule Parse(string text) => new PtxParser(text).Parse();
}

/// <summary>A kernel or a device function.</summary>
public sealed class PtxFunction
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is a kernel.</summary>
    public required bool IsEntry { get; init; }

    /// <summary>The parameters, in order.</summary>
    public IReadOnlyList<PtxVariable> Parameters => ParameterList;

    /// <summary>Bytes of a kernel's arguments.</summary>
    public int ParameterBytes { get; internal set; }

    /// <summary>A group's most threads by <c>.maxntid</c> or <c>.reqntid</c>; 1024 by default.</summary>
    public int MaxThreads { get; internal set; } = 1024;

    internal List<PtxVariable> ParameterList { get; } = [];

    internal List<PtxVariable> Results { get; } = [];

    internal int Start { get; set; } = -1;

    internal int End { get; set; } = -1;
}

/// <summary>A variable's memory.</summary>
public enum PtxSpace
{
    /// <summary>Any; the address decides.</summary>
    Generic,

    /// <summary>Device memory.</summary>
    Global,

    /// <summary>A module's read-only memory.</summary>
    Constant,

    /// <summary>A group's memory.</summary>
    Shared,

    /// <summary>A thread's memory.</summary>
    Local,

    /// <summary>A kernel's arguments.</summary>
    Parameter,

    /// <summary>A call's arguments and results, per thread.</summary>
    Call,
}

/// <summary>A declared variable.</summary>
/// <param name="Space">Its memory.</param>
/// <param name="Name">Its name.</param>
/// <param name="Offset">Its first byte in its space.</param>
/// <param name="Size">Bytes; 0 for the array that a launch sizes.</param>
/// <param name="Alignment">The alignment in bytes.</param>
public sealed record PtxVariable(PtxSpace Space, string Name, int Offset, int Size, int Alignment)
{
    internal byte[]? Values { get; init; }

    // A global or constant variable's address, set by loading the module.
    internal ulong Address { get; set; }
}
