namespace Blip.Emulation.Ptx;

/// <summary>One instruction.</summary>
public sealed class PtxInstruction
{
    /// <summary>The mnemonic of the mark that ends each function.</summary>
    internal const string End = "end";

    private string[]? parts;

    /// <summary>Its name with all modifiers: <c>ld.global.v4.f32</c>.</summary>
    public required string Mnemonic { get; init; }

    /// <summary>Its line, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>Its text, with the guard.</summary>
    public required string Text { get; init; }

    internal PtxOperand[] Operands { get; init; } = [];

    internal PtxFunction Function { get; init; } = null!;

    /// <summary>Slot of the predicate that guards it; -1 for none.</summary>
    internal int Guard { get; init; } = -1;

    internal bool GuardNegated { get; init; }

    /// <summary>Where a branch leads, as indices of <see cref="PtxModule.Code"/>.</summary>
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

/// <summary>An instruction's operand.</summary>
internal sealed record PtxOperand(PtxOperandKind Kind)
{
    /// <summary>Slot of a register or predicate.</summary>
    public int Slot { get; init; } = -1;

    /// <summary>Width of a register.</summary>
    public int Bits { get; init; }

    /// <summary>Bits of an immediate value.</summary>
    public ulong Value { get; init; }

    /// <summary>An immediate value that was written with a point.</summary>
    public double? Decimal { get; init; }

    /// <summary>Name of a special register, a label or a function.</summary>
    public string Name { get; init; } = "";

    public PtxVariable? Variable { get; init; }

    /// <summary>The offset of a symbol or an address.</summary>
    public long Offset { get; init; }

    /// <summary>A predicate with an exclamation mark.</summary>
    public bool Negated { get; init; }

    /// <summary>Parts of a vector; of an address the base, then the part after its comma.</summary>
    public PtxOperand[] Elements { get; init; } = [];

    /// <summary>The second half of <c>a|b</c>.</summary>
    public PtxOperand? Second { get; init; }
}
