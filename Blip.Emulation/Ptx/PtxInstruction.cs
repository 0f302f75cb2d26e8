namespace Blip.Emulation.Ptx;

/// <summary>One instruction.</summary>
public sealed class PtxInstruction
{
    /// <summary>The mnemonic that marks each function's end.</summary>
    internal const string End = "end";

    private string[]? parts;

    /// <summary>Its name with modifiers: <c>ld.global.v4.f32</c>.</summary>
    public required string Mnemonic { get; init; }

    /// <summary>Its line, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>Its text, with the guard.</summary>
    public required string Text { get; init; }

    internal PtxOperand[] Operands { get; init; } = [];

    internal PtxFunction Function { get; init; } = null!;

    /// <summary>The slot of its guard predicate; -1 for none.</summary>
    internal int Guard { get; init; } = -1;

    internal bool GuardNegated { get; init; }

    /// <summary>A branch's targets, as indices of <see cref="PtxModule.Code"/>.</summary>
    internal int[] Targets { get; set; } = [];

    internal string[] Parts => parts ??= Mnemonic.Split('.');

    internal string Name => Parts[0];

    internal bool Has(string modifier) => Array.IndexOf(Parts, modifier, 1) > 0;

    internal PtxException Unknown(string what) => new(what, Line, Text);

    /// <inheritdoc/>
    public override string ToString() => $"line {Line}: {Text}";
}

internal enum PtxOperandKind
{
    Register,
    Predicate,
    Immediate,
    Symbol,
    Special,
    Vector,
    Address,
    Name,
    Sink,
}

internal sealed record PtxOperand(PtxOperandKind Kind)
{
    public int Slot { get; init; } = -1;

    public int Bits { get; init; }

    /// <summary>An immediate's bits.</summary>
    public ulong Value { get; init; }

    /// <summary>An immediate with a decimal point.</summary>
    public double? Decimal { get; init; }

    /// <summary>The name of a special register, label or function.</summary>
    public string Name { get; init; } = "";

    public PtxVariable? Variable { get; init; }

    public long Offset { get; init; }

    /// <summary>Whether a predicate has an exclamation mark.</summary>
    public bool Negated { get; init; }

    /// <summary>A vector's parts; an address's base, then the part after its comma.</summary>
    public PtxOperand[] Elements { get; init; } = [];

    /// <summary>The second half of <c>a|b</c>.</summary>
    public PtxOperand? Second { get; init; }
}
