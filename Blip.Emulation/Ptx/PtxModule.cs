namespace Blip.Emulation.Ptx;

/// <summary>A parsed PTX text: functions, variables, and one numbering of registers over all of them.</summary>
public sealed class PtxModule
{
    /// <summary>The architecture of the text's <c>.target</c> line: <c>sm_80</c>.</summary>
    public string Target { get; internal set; } = "";

    /// <summary>Kernels and device functions by name.</summary>
    public IReadOnlyDictionary<string, PtxFunction> Functions => FunctionsByName;

    /// <summary>Every instruction of every function; the last of each function is <see cref="PtxInstruction.End"/>.</summary>
    public IReadOnlyList<PtxInstruction> Code => Instructions;

    internal Dictionary<string, PtxFunction> FunctionsByName { get; } = new(StringComparer.Ordinal);

    internal List<PtxInstruction> Instructions { get; } = [];

    internal List<PtxVariable> Variables { get; } = [];

    /// <summary>Slots of registers of 16 to 64 bits, in all functions together.</summary>
    internal int Registers { get; set; }

    /// <summary>Slots of predicates, in all functions together.</summary>
    internal int Predicates { get; set; }

    /// <summary>Bytes of a group's shared memory, without a launch's addition.</summary>
    internal int SharedBytes { get; set; }

    /// <summary>Bytes of local memory of one thread.</summary>
    internal int LocalBytes { get; set; }

    /// <summary>Bytes of one thread for arguments of calls.</summary>
    internal int CallBytes { get; set; }

    /// <summary>The only kernel of the text.</summary>
    /// <exception cref="InvalidOperationException">There is none, or more than one.</exception>
    public PtxFunction Entry => FunctionsByName.Values.Single(function => function.IsEntry);

    /// <summary>Reads PTX text.</summary>
    /// <exception cref="PtxException">A statement cannot be read.</exception>
    public static PtxModule Parse(string text) => new PtxParser(text).Parse();
}

/// <summary>A kernel or a device function.</summary>
public sealed class PtxFunction
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>True for a kernel.</summary>
    public required bool IsEntry { get; init; }

    /// <summary>The parameters, in order.</summary>
    public IReadOnlyList<PtxVariable> Parameters => ParameterList;

    /// <summary>Bytes of a kernel's arguments.</summary>
    public int ParameterBytes { get; internal set; }

    /// <summary>Most threads of a group, as <c>.maxntid</c> or <c>.reqntid</c> says; 1024 where nothing does.</summary>
    public int MaxThreads { get; internal set; } = 1024;

    internal List<PtxVariable> ParameterList { get; } = [];

    internal List<PtxVariable> Results { get; } = [];

    internal int Start { get; set; } = -1;

    internal int End { get; set; } = -1;
}

/// <summary>Where a variable lies.</summary>
public enum PtxSpace
{
    /// <summary>Any: the address says which.</summary>
    Generic,

    /// <summary>Device memory.</summary>
    Global,

    /// <summary>Read only memory of a module.</summary>
    Constant,

    /// <summary>Memory of a group.</summary>
    Shared,

    /// <summary>Memory of a thread.</summary>
    Local,

    /// <summary>A kernel's arguments.</summary>
    Parameter,

    /// <summary>Arguments and results of a call, one set per thread.</summary>
    Call,
}

/// <summary>A declared variable.</summary>
/// <param name="Space">Where it lies.</param>
/// <param name="Name">Its name.</param>
/// <param name="Offset">Its first byte within its space.</param>
/// <param name="Size">Bytes; 0 for the array whose size a launch gives.</param>
/// <param name="Alignment">Its alignment in bytes.</param>
public sealed record PtxVariable(PtxSpace Space, string Name, int Offset, int Size, int Alignment)
{
    internal byte[]? Values { get; init; }

    // Given when the module is loaded: where a global or constant variable lies.
    internal ulong Address { get; set; }
}
