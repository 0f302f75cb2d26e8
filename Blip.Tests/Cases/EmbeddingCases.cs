using Blip.Kernels;

namespace Blip.Tests.Cases;

/// <summary>Tokens looked up, selected, or written to a cache.</summary>
public sealed record EmbeddingCase(int Rows, int Tokens, int Vocabulary, int Hidden, int MaxPositions, bool Start = false)
{
    /// <summary>How the table is stored.</summary>
    public WeightFormat Format { get; init; }
}

/// <summary>The one list of embeddings that tests and benchmarks share.</summary>
public static class EmbeddingCases
{
    /// <summary>Odd sizes, a vocabulary that ends within a panel, one step, base and large.</summary>
    public static IReadOnlyList<EmbeddingCase> All =>
    [
        new(1, 1, 1, 1, 1), new(2, 3, 5, 7, 9), new(3, 5, 64, 12, 9, Start: true), new(2, 7, 65, 33, 20), new(5, 1, 201, 96, 40, Start: true),
        new(4, 11, 199, 129, 16, Start: true),
        new(2, 9, 77, 31, 16) { Format = WeightFormat.Float16 }, new(2, 9, 130, 48, 16, Start: true) { Format = WeightFormat.BFloat16 },
        new(2, 20, 30524, 768, 512), new(3, 1, 30524, 768, 512, Start: true), new(1, 35, 1031, 1024, 512),
    ];
}
