using Blip.Kernels;

namespace Blip.Verification.Cases;

/// <summary>The gradient of a linear layer's parameters, over slices of rows.</summary>
public sealed record WeightGradientCase(string Name, int Slices, int SliceRows, int InFeatures, int OutFeatures)
{
    /// <summary>Whether the bias has a gradient.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>The kind of values.</summary>
    public Spread Spread { get; init; }

    /// <summary>The factors' format.</summary>
    public DType Precision { get; init; }

    /// <summary>All rows.</summary>
    public int Rows => Slices * SliceRows;

    /// <summary>Multiplications plus additions.</summary>
    public double Flops => 2.0 * Rows * InFeatures * OutFeatures;

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Slices} x [{SliceRows}, {InFeatures} -> {OutFeatures}]{(Bias ? "" : ", no bias")}";
}

/// <summary>The slices of rows.</summary>
public static class WeightGradientCases
{
    /// <summary>Small and odd.</summary>
    public static IReadOnlyList<WeightGradientCase> Small =>
    [
        new("one by one", 1, 1, 1, 1),
        new("rows by themselves", 3, 1, 5, 7),
        new("one output", 2, 3, 33, 1) { Bias = false },
        new("odd", 4, 7, 131, 70),
        new("no bias", 2, 5, 66, 129) { Bias = false },
        new("whole panels", 2, 8, 64, 128),
        new("one chain", 2, 64, 20, 65),
        new("past a chain", 3, 65, 13, 67),
        new("past a block of inputs", 2, 3, 149, 10),
        new("long slices", 2, 577, 9, 11),
        new("extreme values", 3, 4, 17, 19) { Spread = Spread.Extreme },
        new("16 bits", 3, 7, 35, 70) { Precision = DType.Float16 },
        new("16 bits", 3, 7, 35, 70) { Precision = DType.BFloat16 },
        new("16 bits, past a chain", 2, 67, 20, 64) { Precision = DType.Float16 },
        new("16 bits, past a chain", 2, 67, 20, 64) { Precision = DType.BFloat16 },
        new("16 bits, many inputs", 2, 24, 300, 130) { Precision = DType.BFloat16 },
    ];

    /// <summary>The towers: 8 texts of 35 tokens, 72 of 8, 4 images of 577 patches.</summary>
    public static IReadOnlyList<WeightGradientCase> Real =>
    [
        new("text, dense", 8, 35, 768, 768),
        new("text, feed-forward in", 8, 35, 768, 3072),
        new("text, feed-forward out", 8, 35, 3072, 768),
        new("text, vocabulary", 8, 35, 768, 30524),
        new("short texts, dense", 72, 8, 768, 768),
        new("short texts, feed-forward in", 72, 8, 768, 3072),
        new("vision, dense", 4, 577, 768, 768),
        new("vision, feed-forward in", 4, 577, 768, 3072),
        new("vision, feed-forward out", 4, 577, 3072, 768),
        new("vision, feed-forward in", 4, 577, 768, 3072) { Precision = DType.BFloat16 },
    ];
}
