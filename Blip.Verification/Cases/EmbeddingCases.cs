using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.References;

namespace Blip.Verification.Cases;

/// <summary>Tokens looked up, selected, or written to a cache.</summary>
public sealed record EmbeddingCase(int Rows, int Tokens, int Vocabulary, int Hidden, int MaxPositions, bool Start = false)
{
    /// <summary>The table's format.</summary>
    public DType Format { get; init; }

    /// <summary>
    /// The deterministic arrays. The table holds halves from -3.5 to 3.5, exact in 16 bits; for 8 bits whole numbers / 128.
    /// </summary>
    public EmbeddingInputs Make()
    {
        var random = new Random(Hidden);
        var (steps, unit) = Format == DType.Int8 ? (128, 128f) : (8, 2f);
        var table = EmbeddingCases.Values(random, Vocabulary * Hidden).Select(value => MathF.Round(value * (steps - 1)) / unit).ToArray();
        for (var word = 0; word < Vocabulary; word++)
            table[word * Hidden] = (steps - 1) / unit;
        var positions = EmbeddingCases.Values(random, MaxPositions * Hidden);
        int[] ids = [.. Enumerable.Range(0, Rows * Tokens).Select(i => i == 0 ? Vocabulary - 1 : random.Next(Vocabulary))];
        int[] start = Start ? [.. Enumerable.Range(0, Rows).Select(row => Math.Max(0, MaxPositions - Tokens - row))] : [];
        return new EmbeddingInputs(ids, table, positions, start);
    }
}

/// <summary>The arrays of an <see cref="EmbeddingCase"/>.</summary>
public sealed record EmbeddingInputs(int[] Ids, float[] Table, float[] Positions, int[] Start);

/// <summary>The embeddings.</summary>
public static class EmbeddingCases
{
    /// <summary>Odd sizes, and a vocabulary that ends within a panel.</summary>
    public static IReadOnlyList<EmbeddingCase> Small =>
    [
        new(1, 1, 1, 1, 1), new(2, 3, 5, 7, 9), new(3, 5, 64, 12, 9, Start: true), new(2, 7, 65, 33, 20),
            new(5, 1, 201, 96, 40, Start: true),
        new(4, 11, 199, 129, 16, Start: true),
        new(2, 9, 77, 31, 16) { Format = DType.Float16 }, new(2, 9, 130, 48, 16, Start: true) { Format = DType.BFloat16 },
        new(3, 7, 65, 1, 20) { Format = DType.Int8 }, new(2, 9, 130, 47, 16, Start: true) { Format = DType.Int8 },
        new(1, 35, 1031, 1024, 512),
    ];

    /// <summary>A base model's prompt, and three beams' step.</summary>
    public static IReadOnlyList<EmbeddingCase> Real => [new(2, 20, 30524, 768, 512), new(3, 1, 30524, 768, 512, Start: true)];

    /// <summary>Each row's token, counted from one: past the end, before the start, the last, a middle one.</summary>
    public static int[] Tokens(int rows, int tokens) =>
        [.. Enumerable.Range(0, rows).Select(row => (row % 4) switch { 0 => tokens + 2, 1 => -1, 2 => tokens, _ => (tokens / 2) + 1 })];

    /// <summary>Numbers from -1 to 1.</summary>
    public static float[] Values(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextSingle()) - 1)];
}

/// <summary>Caches, and keys and values for them: strided parts of source tokens.</summary>
public sealed class AppendCacheData : IDisposable
{
    private readonly DeviceBuffer<float> keys, values, keyCache, valueCache;
    private readonly DeviceBuffer<int> start, writeRow;

    /// <summary>Makes deterministic arrays.</summary>
    public AppendCacheData(Device device, EmbeddingCase test)
    {
        var random = new Random(2);
        var (width, tokens) = (test.Hidden, test.Rows * test.Tokens);
        int cacheRows = test.Rows + 2, capacity = test.Tokens + 3, keyStride = (3 * width) + 1, valueStride = width + 2;
        var newKeys = EmbeddingCases.Values(random, tokens * keyStride);
        var newValues = EmbeddingCases.Values(random, tokens * valueStride);
        var keysBefore = EmbeddingCases.Values(random, cacheRows * capacity * width);
        var valuesBefore = EmbeddingCases.Values(random, cacheRows * capacity * width);
        // The last row exceeds its cache row unless it has one token.
        int[] starts = test.Start ? [.. Enumerable.Range(0, test.Rows).Select(row => row == test.Rows - 1 ? capacity - 1 : row % 3)] : [];
        int[] writeRows = test.Start ? [.. Enumerable.Range(0, cacheRows).OrderBy(_ => random.Next()).Take(test.Rows)] : [];
        (keys, values) = (device.Upload<float>(newKeys), device.Upload<float>(newValues));
        (keyCache, valueCache) = (device.Upload<float>(keysBefore), device.Upload<float>(valuesBefore));
        (start, writeRow) = (device.Upload<int>(starts), device.Upload<int>(writeRows));
        Args = new AppendCacheArgs
        {
            Key = keys.View,
            KeyStride = keyStride,
            KeyOffset = width,
            Value = values.View,
            ValueStride = valueStride,
            ValueOffset = 1,
            KeyCache = keyCache.View,
            ValueCache = valueCache.View,
            Capacity = capacity,
            Start = start.View,
            WriteRow = writeRow.View,
            Rows = test.Rows,
            Tokens = test.Tokens,
            Width = width,
        };
        ExpectedKeys = AppendCacheReference.Run(
            newKeys, keyStride, width, keysBefore, capacity, starts, writeRows, test.Rows, test.Tokens, width);
        ExpectedValues = AppendCacheReference.Run(
            newValues, valueStride, 1, valuesBefore, capacity, starts, writeRows, test.Rows, test.Tokens, width);
    }

    /// <summary>The arguments.</summary>
    public AppendCacheArgs Args { get; }

    /// <summary>The expected keys.</summary>
    public float[] ExpectedKeys { get; }

    /// <summary>The expected values.</summary>
    public float[] ExpectedValues { get; }

    /// <summary>The actual keys.</summary>
    public float[] Keys() => keyCache.ToArray();

    /// <summary>The actual values.</summary>
    public float[] Values() => valueCache.ToArray();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var owned in new IDisposable[] { keys, values, keyCache, valueCache, start, writeRow })
            owned.Dispose();
    }
}
