using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using Blip.Runtime.Retrieval;

namespace Blip.Bench.Workloads;

/// <summary>An index of synthetic embeddings. Entry i always has the same name and vector, so that every entry can be checked.</summary>
internal static class MadeIndex
{
    /// <summary>The embeddings' length, as in every published checkpoint.</summary>
    public const int Dimension = 256;

    // Images resemble each other: a few hundred directions with variations.
    private const int Topics = 500;
    private const int TwinEvery = 1000;

    public static IndexModel Model { get; } = new("made-up embeddings", SHA256.HashData("made-up embeddings"u8));

    public static EmbeddingIndex Open(string path) => EmbeddingIndex.Open(path, Dimension, Model);

    /// <summary>
    /// Adds missing entries in batches and keeps existing ones. <c>added</c> receives the number on disk after each batch.
    /// </summary>
    public static void Fill(EmbeddingIndex index, int count, int batch, Action<int> added)
    {
        var values = new float[batch * Dimension];
        while (index.Count < count)
        {
            var first = index.Count;
            var some = Math.Min(batch, count - first);
            Parallel.For(0, some, i => Make(first + i, values.AsSpan(i * Dimension, Dimension)));
            index.Add([.. Enumerable.Range(first, some).Select(Entry)], values.AsSpan(0, some * Dimension));
            added(index.Count);
        }
    }

    public static IndexEntry Entry(int i) =>
        new(string.Create(CultureInfo.InvariantCulture, $"images/{i / 1000:0000}/{i:0000000}.jpg"), i + 1, 1000L * i);

    /// <summary>An entry's vector, of length one. One in a thousand is its neighbour's up to some last places: a near tie.</summary>
    public static void Make(int i, Span<float> vector)
    {
        var source = i % TwinEvery == 1 ? i - 1 : i;
        var topic = new Numbers((ulong)(source * 2654435761L % Topics));
        var own = new Numbers(Topics + (ulong)source);
        for (var c = 0; c < vector.Length; c++)
            vector[c] = topic.Next() + own.Next();
        Normalize(vector);
        if (source == i)
            return;
        var change = new Numbers(~(ulong)i);
        for (var c = 0; c < vector.Length; c++)
            vector[c] = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(vector[c]) + (int)(change.Next() * 3));
    }

    /// <summary>A query near a topic.</summary>
    public static float[] Query(int i)
    {
        var query = new float[Dimension];
        Make(int.MaxValue - (i * 1000) - 2, query);
        return query;
    }

    private static void Normalize(Span<float> vector)
    {
        var squares = 0.0;
        foreach (var value in vector)
            squares += (double)value * value;
        for (var c = 0; c < vector.Length; c++)
            vector[c] = (float)(vector[c] / Math.Sqrt(squares));
    }

    // SplitMix64: fast, and the same on every machine.
    private struct Numbers(ulong seed)
    {
        private ulong state = seed * 0x9E3779B97F4A7C15;

        // Between -1 and 1.
        public float Next()
        {
            state += 0x9E3779B97F4A7C15;
            var z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return (BitOperations.RotateRight(z, 40) & 0xFFFFFF) / (float)(1 << 23) - 1;
        }
    }
}
