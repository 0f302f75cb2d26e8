using Blip.Kernels;

namespace Blip.Verification.Cases;

/// <summary>Images cut into patches.</summary>
public sealed record PatchCase(int Batch, int Channels, int Height, int Width, int Patch, int Hidden)
{
    /// <summary>The patches' format, where kernels can store it.</summary>
    public DType Format { get; init; }

    /// <summary>Patches per image.</summary>
    public int Patches => Height / Patch * (Width / Patch);
}

/// <summary>Positions interpolated to another grid.</summary>
public sealed record GridCase(int Rows, int Columns, int NewRows, int NewColumns, int Hidden);

/// <summary>The patch embeddings.</summary>
public static class PatchEmbeddingCases
{
    /// <summary>Odd sizes, a border that is left out.</summary>
    public static IReadOnlyList<PatchCase> Patches =>
    [
        new(1, 1, 1, 1, 1, 1), new(2, 3, 8, 12, 4, 5), new(3, 3, 30, 22, 7, 17), new(1, 3, 33, 47, 16, 64), new(2, 1, 5, 5, 5, 3),
        new(2, 3, 96, 96, 16, 96),
    ];

    /// <summary>Patches in 16 bits.</summary>
    public static IEnumerable<PatchCase> Rounded =>
        from test in new PatchCase[] { new(2, 3, 8, 12, 4, 5), new(3, 2, 33, 21, 6, 17), new(1, 3, 33, 47, 16, 64) }
        from format in new[] { DType.Float16, DType.BFloat16 }
        select test with { Format = format };

    /// <summary>Real models' sizes.</summary>
    public static IReadOnlyList<PatchCase> RealPatches => [new(1, 3, 384, 384, 16, 768), new(2, 3, 224, 224, 16, 1024)];

    /// <summary>Equal, larger, smaller and oblong grids, one patch.</summary>
    public static IReadOnlyList<GridCase> Grids =>
    [
        new(1, 1, 1, 1, 3), new(1, 1, 3, 2, 4), new(4, 4, 4, 4, 7), new(3, 5, 7, 11, 9), new(7, 5, 3, 2, 33), new(2, 9, 9, 2, 16),
        new(24, 24, 30, 30, 96), new(24, 24, 14, 14, 64),
    ];

    /// <summary>From a model's learned size: 224 to 384 pixels, 384 to 480.</summary>
    public static IReadOnlyList<GridCase> RealGrids => [new(14, 14, 24, 24, 768), new(24, 24, 30, 30, 768)];

    /// <summary>Deterministic numbers from -1 to 1.</summary>
    public static float[] Values(int count)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
    }
}
