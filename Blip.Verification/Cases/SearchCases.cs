using System.Diagnostics;
using Blip.Kernels;

namespace Blip.Verification.Cases;

/// <summary>The kinds of vectors.</summary>
public enum SearchValues
{
    /// <summary>Random directions.</summary>
    Usual,

    /// <summary>Five directions, repeated often: many equal scores.</summary>
    Copies,

    /// <summary>The first query's direction, each value off by a few ulp. Scores differ below float's resolution.</summary>
    NearTies,

    /// <summary>Rising scores: block maxima say least about the best.</summary>
    Clustered,

    /// <summary>Zeros.</summary>
    Zero,

    /// <summary>Products underflow in float.</summary>
    Tiny,

    /// <summary>The sum of all queries, ever longer: each block ends with its best.</summary>
    Rising,
}

/// <summary>Vectors and queries.</summary>
public sealed record SearchCase(int Count, int Dimension, int Queries, int K, SearchValues Values = SearchValues.Usual)
{
    /// <summary>One vector in this many is left out; 0: none.</summary>
    public int LeftOutEvery { get; init; }

    /// <summary>Bytes read in one pass.</summary>
    public double Bytes => (double)Count * Dimension * sizeof(float);

    /// <summary>The deterministic arrays. Vectors have length one, except tiny, rising and zero ones.</summary>
    public (float[] Vectors, byte[] LeftOut, float[] Queries) Make()
    {
        var random = new Random((Count * 31) + (Dimension * 7) + (int)Values);
        var queries = new float[Queries * Dimension];
        for (var i = 0; i < Queries; i++)
            Direction(random, queries.AsSpan(i * Dimension, Dimension));
        var vectors = new float[(long)Count * Dimension];
        var directions = new float[5 * Dimension];
        for (var i = 0; i < 5; i++)
            Direction(random, directions.AsSpan(i * Dimension, Dimension));
        for (var row = 0; row < Count; row++)
        {
            var vector = vectors.AsSpan(row * Dimension, Dimension);
            switch (Values)
            {
                case SearchValues.Copies:
                    directions.AsSpan(random.Next(5) * Dimension, Dimension).CopyTo(vector);
                    break;
                case SearchValues.NearTies:
                    Near(random, queries.AsSpan(0, Dimension), vector);
                    break;
                case SearchValues.Clustered:
                    Mixed(random, queries.AsSpan(0, Dimension), (float)row / Count, vector);
                    break;
                case SearchValues.Rising:
                    for (var i = 0; i < queries.Length; i++)
                        vector[i % Dimension] += queries[i] * (row + 1) / Count / Queries;
                    break;
                case SearchValues.Zero:
                    break;
                case SearchValues.Usual or SearchValues.Tiny:
                    Direction(random, vector);
                    break;
                default:
                    throw new UnreachableException($"{Values}");
            }
            if (Values == SearchValues.Tiny)
            {
                for (var i = 0; i < Dimension; i++)
                    vector[i] *= 1e-38f;
            }
        }
        byte[] leftOut = LeftOutEvery == 0 ? [] : [.. Enumerable.Range(0, Count).Select(row => (byte)(row % LeftOutEvery == 0 ? 1 : 0))];
        return (vectors, leftOut, queries);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{K} of [{Count}, {Dimension}], {Queries} {(Queries == 1 ? "query" : "queries")}"
        + (Values == SearchValues.Usual ? "" : $", {Values}")
        + (LeftOutEvery > 0 ? $", without 1 in {LeftOutEvery}" : "");

    private static void Direction(Random random, Span<float> vector)
    {
        double squares = 0;
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
            squares += vector[i] * (double)vector[i];
        }
        for (var i = 0; i < vector.Length; i++)
            vector[i] = (float)(vector[i] / Math.Sqrt(squares));
    }

    private static void Near(Random random, ReadOnlySpan<float> query, Span<float> vector)
    {
        for (var i = 0; i < vector.Length; i++)
            vector[i] = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(query[i]) + random.Next(-2, 3));
    }

    private static void Mixed(Random random, ReadOnlySpan<float> query, float share, Span<float> vector)
    {
        Direction(random, vector);
        double squares = 0;
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = (share * query[i]) + ((1 - share) * vector[i]);
            squares += vector[i] * (double)vector[i];
        }
        for (var i = 0; i < vector.Length; i++)
            vector[i] = (float)(vector[i] / Math.Sqrt(squares));
    }
}

/// <summary>The searches.</summary>
public static class SearchCases
{
    /// <summary>The longest vector's length.</summary>
    public const float LargestNorm = 1.0001f;

    /// <summary>Odd sizes, ties and other hard cases.</summary>
    public static IReadOnlyList<SearchCase> Small =>
    [
        new(0, 3, 1, 2), new(1, 1, 1, 1), new(1, 256, 1, 5), new(15, 7, 2, 3), new(16, 8, 1, 16), new(17, 33, 3, 20), new(257, 31, 5, 4),
        new(1000, 256, 1, 10), new(1000, 256, 4, 63), new(1003, 250, 65, 7), new(333, 513, 2, 30),
        new(2000, 64, 2, 10, SearchValues.Copies), new(2000, 64, 1, 1500, SearchValues.Copies),
            new(3000, 256, 1, 10, SearchValues.NearTies),
        new(3000, 17, 2, 100, SearchValues.NearTies), new(4000, 32, 1, 50, SearchValues.Clustered), new(500, 16, 1, 10, SearchValues.Zero),
        new(500, 16, 2, 10, SearchValues.Tiny),
        new(1000, 40, 3, 10)
        {
            LeftOutEvery = 2,
        }, new(50, 40, 1, 10) { LeftOutEvery = 1 }, new(3000, 64, 2, 20, SearchValues.Copies) { LeftOutEvery = 3 },
        new(3000, 64, 1, 20, SearchValues.NearTies)
        {
            LeftOutEvery = 7,
        }, new(300, 40, 4, 10) { LeftOutEvery = 3 }, new(272, 24, 4, 3, SearchValues.Rising),
    ];

    /// <summary>Test images of Flickr and COCO, with re-ranked counts; and a million.</summary>
    public static IReadOnlyList<SearchCase> Real =>
    [
        new(1000, 256, 1, 128), new(5000, 256, 1, 256), new(25_010, 256, 8, 256), new(1_000_000, 256, 1, 10), new(1_000_000, 256, 8, 10),
    ];
}
