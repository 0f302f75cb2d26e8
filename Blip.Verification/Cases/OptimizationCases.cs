using Blip.Kernels;

namespace Blip.Verification.Cases;

/// <summary>A flat parameter, or a packed matrix.</summary>
public sealed record AdamWCase(int InFeatures, int OutFeatures, DType Format = DType.Float32)
{
    /// <summary>Whether it is packed.</summary>
    public bool Packed { get; init; }

    /// <summary>Whether the gradient has a factor on the device.</summary>
    public bool Scaled { get; init; }

    /// <summary>The step.</summary>
    public int Step { get; init; } = 3;

    /// <summary>Whether epsilon matters, with tiny gradients.</summary>
    public bool Tiny { get; init; }
}

/// <summary>A low-rank product, added to columns of a matrix <c>[in, columns]</c>.</summary>
/// <param name="InFeatures">Its inputs.</param>
/// <param name="OutFeatures">The number of those columns.</param>
/// <param name="Rank">Its rank.</param>
/// <param name="FirstColumn">Their first.</param>
/// <param name="Columns">All columns.</param>
/// <param name="Format">The sum's format.</param>
public sealed record LowRankCase(
    int InFeatures, int OutFeatures, int Rank, int FirstColumn, int Columns, DType Format = DType.Float32)
{
    /// <summary>The product's factor.</summary>
    public float Scale => 1.75f;

    /// <summary>A matrix <c>[in, columns]</c>.</summary>
    /// <param name="seed">Selects the values.</param>
    public float[] Matrix(int seed) => BackwardCases.Gradient(InFeatures * Columns, seed);

    /// <summary>A, <c>[rank, in]</c>.</summary>
    public float[] Down() => BackwardCases.Gradient(Rank * InFeatures, seed: 21);

    /// <summary>Bᵀ, <c>[rank, out]</c>.</summary>
    public float[] Up() => BackwardCases.Gradient(Rank * OutFeatures, seed: 22);

    /// <inheritdoc/>
    public override string ToString() => $"{InFeatures} x {OutFeatures} at {FirstColumn} of {Columns}, rank {Rank}";
}

/// <summary>The optimiser's cases.</summary>
public static class OptimizationCases
{
    /// <summary>Flat ones, matrices that end within a panel, 16 bits.</summary>
    public static IReadOnlyList<AdamWCase> Steps =>
    [
        new(1, 1), new(1, 7) { Scaled = true, Step = 1 }, new(1, 1000), new(1, 40_000) { Scaled = true, Step = 1000 },
        new(1, 333) { Tiny = true },
        new(1, 1) { Packed = true }, new(3, 5) { Packed = true, Step = 1 }, new(33, 130) { Packed = true, Scaled = true },
        new(70, 64) { Packed = true }, new(5, 3, DType.BFloat16) { Packed = true },
        new(70, 130, DType.BFloat16) { Packed = true, Scaled = true },
        new(31, 65, DType.Float16) { Packed = true, Step = 1 }, new(17, 192, DType.Float16) { Packed = true, Tiny = true },
    ];

    /// <summary>A base model's feed-forward layer, flat and packed.</summary>
    public static IReadOnlyList<AdamWCase> RealSteps =>
    [
        new(1, 768 * 3072) { Scaled = true }, new(768, 3072) { Packed = true, Scaled = true },
        new(768, 3072, DType.BFloat16) { Packed = true, Scaled = true },
    ];

    /// <summary>The length, the norm's limit, and another factor.</summary>
    public static IReadOnlyList<(int Count, float MaxNorm, float Scale)> Norms =>
    [
        (1, 1, 1), (7, 1e9f, 1), (16, float.PositiveInfinity, 0.125f), (1000, 0.5f, 1), (16_385, 1, 1f / 1024), (40_000, 100, 1),
    ];

    /// <summary>A base model's vocabulary.</summary>
    public static IReadOnlyList<(int Count, float MaxNorm, float Scale)> RealNorms => [(30_524 * 768, 1, 1)];

    /// <summary>The length, and the kept share.</summary>
    public static IReadOnlyList<(int Count, double Momentum)> Momenta => [(1, 0.5), (7, 0), (1000, 0.995), (40_000, 1)];

    /// <summary>A base model's feed-forward layer.</summary>
    public static IReadOnlyList<(int Count, double Momentum)> RealMomenta => [(768 * 3072, 0.995)];

    /// <summary>Elements, elements per draw, dropped share.</summary>
    public static IReadOnlyList<(int Count, int ElementsPerDraw, float Probability)> Drops =>
        [(1, 1, 0.5f), (7, 1, 0), (1003, 1, 0.1f), (1003, 17, 0.5f), (40_000, 1, 0.9f), (20_000, 9000, 0.3f)];

    /// <summary>A base model's encoder states of four images.</summary>
    public static IReadOnlyList<(int Count, int ElementsPerDraw, float Probability)> RealDrops =>
        [(4 * 577 * 768, 1, 0.1f), (4 * 577 * 768, 577 * 768, 0.1f)];

    /// <summary>Buffer lengths.</summary>
    public static IReadOnlyList<int> Fills => [1, 7, 1000, 70_000];

    /// <summary>A base model's vocabulary.</summary>
    public static IReadOnlyList<int> RealFills => [30_524 * 768];

    /// <summary>Whole matrices, columns that begin or end within a panel, 16 bits.</summary>
    public static IReadOnlyList<LowRankCase> LowRanks =>
    [
        new(1, 1, 1, 0, 1), new(3, 5, 2, 0, 5), new(33, 64, 4, 64, 192), new(20, 50, 3, 100, 150), new(70, 130, 17, 1, 140),
        new(5, 3, 1, 2, 7, DType.BFloat16), new(31, 65, 8, 65, 195, DType.Float16), new(64, 64, 4, 0, 192, DType.BFloat16),
    ];

    /// <summary>A base model's self-attention values.</summary>
    public static IReadOnlyList<LowRankCase> RealLowRanks => [new(768, 768, 8, 1536, 2304), new(768, 768, 8, 1536, 2304, DType.BFloat16)];
}
