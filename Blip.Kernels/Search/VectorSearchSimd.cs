using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Four vectors and two queries at a time; a block stays in the L1 cache for all queries.</summary>
internal static unsafe class VectorSearchSimd
{
    public static void Scan(Device device, in VectorSearchArgs args, ArrayView<float> queries, int queryCount, ArrayView<float> maxima) =>
        device.LaunchVectors(new VectorSearchVectors
        {
            Vectors = Cpu.Pointer(args.Vectors),
            LeftOut = Cpu.Pointer(args.LeftOut),
            Queries = Cpu.Pointer(queries),
            Maxima = Cpu.Pointer(maxima),
            Count = args.Count,
            Dimension = args.Dimension,
            QueryCount = queryCount,
        });

    public static void Rescore(in VectorSearchArgs args, ReadOnlySpan<float> query, List<int> chosen, BestHits hits)
    {
        float* vectors = Cpu.Pointer(args.Vectors);
        byte* leftOut = Cpu.Pointer(args.LeftOut);
        foreach (var block in chosen)
        {
            var first = block * VectorSearch.Block;
            var count = Math.Min(VectorSearch.Block, args.Count - first);
            hits.OfferRows(
                new ReadOnlySpan<float>(vectors + ((long)first * args.Dimension), count * args.Dimension),
                leftOut is null ? [] : new ReadOnlySpan<byte>(leftOut + first, count), query, first);
        }
    }
}

internal unsafe struct VectorSearchVectors : IVectorOperator
{
    // 1 MiB for vectors of 256 values: long enough for readahead, short enough for even shares.
    private const int BlocksPerTask = 64;

    // Prefetch distance: the processor's own readahead ends with each page of 4 KiB.
    private const int Ahead = 4096, CacheLine = 64;

    public float* Vectors, Queries, Maxima;
    public byte* LeftOut;
    public int Count, Dimension, QueryCount;

    public readonly int Tasks => (Blocks + BlocksPerTask - 1) / BlocksPerTask;

    private readonly int Blocks => (int)(((long)Count + VectorSearch.Block - 1) / VectorSearch.Block);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var scores = stackalloc float[2 * VectorSearch.Block];
        var end = Math.Min(Blocks, (task + 1) * BlocksPerTask);
        for (var block = task * BlocksPerTask; block < end; block++)
        {
            var first = block * VectorSearch.Block;
            var rows = Math.Min(VectorSearch.Block, Count - first);
            var vectors = Vectors + ((long)first * Dimension);
            for (var query = 0; query < QueryCount; query += 2)
            {
                // The last of an odd number is its own partner.
                var second = Math.Min(query + 1, QueryCount - 1);
                Score<TVector>(
                    vectors, rows, Queries + ((long)query * Dimension), Queries + ((long)second * Dimension), scores, prefetch: query == 0);
                Maxima[((long)query * Blocks) + block] = Best(scores, first, rows);
                Maxima[((long)second * Blocks) + block] = Best(scores + VectorSearch.Block, first, rows);
            }
        }
    }

    private readonly float Best(float* scores, int first, int rows)
    {
        var best = float.NegativeInfinity;
        for (var row = 0; row < rows; row++)
        {
            if (scores[row] > best && (LeftOut is null || LeftOut[first + row] == 0))
                best = scores[row];
        }
        return best;
    }

    private readonly void Score<TVector>(float* vectors, int rows, float* query, float* second, float* scores, bool prefetch)
        where TVector : unmanaged, IVector<TVector>
    {
        var row = 0;
        for (; row + 4 <= rows; row += 4)
        {
            if (prefetch)
                Prefetch(vectors + ((long)row * Dimension));
            if (query == second)
                Four<TVector>(vectors + ((long)row * Dimension), query, scores + row, scores + VectorSearch.Block + row);
            else
                Four<TVector>(vectors + ((long)row * Dimension), query, second, scores + row, scores + VectorSearch.Block + row);
        }
        for (; row < rows; row++)
        {
            scores[row] = One<TVector>(vectors + ((long)row * Dimension), query);
            scores[VectorSearch.Block + row] = One<TVector>(vectors + ((long)row * Dimension), second);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Prefetch(float* rows)
    {
        if (!Sse.IsSupported)
            return;
        // Harmless past the end of memory.
        var bytes = 4 * Dimension * sizeof(float);
        for (var at = 0; at < bytes; at += CacheLine)
            Sse.Prefetch0((byte*)rows + Ahead + at);
    }

    // For two equal queries.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Four<TVector>(float* rows, float* query, float* scores, float* same)
        where TVector : unmanaged, IVector<TVector>
    {
        float* a = rows, b = a + Dimension, c = b + Dimension, d = c + Dimension;
        var sumA = TVector.Create(0);
        TVector sumB = sumA, sumC = sumA, sumD = sumA;
        var vectors = Dimension / TVector.Count * TVector.Count;
        for (var i = 0; i < vectors; i += TVector.Count)
        {
            var value = TVector.Load(query + i);
            sumA = TVector.MultiplyAdd(TVector.Load(a + i), value, sumA);
            sumB = TVector.MultiplyAdd(TVector.Load(b + i), value, sumB);
            sumC = TVector.MultiplyAdd(TVector.Load(c + i), value, sumC);
            sumD = TVector.MultiplyAdd(TVector.Load(d + i), value, sumD);
        }
        scores[0] = same[0] = TVector.Sum(sumA) + Tail(a, query, vectors);
        scores[1] = same[1] = TVector.Sum(sumB) + Tail(b, query, vectors);
        scores[2] = same[2] = TVector.Sum(sumC) + Tail(c, query, vectors);
        scores[3] = same[3] = TVector.Sum(sumD) + Tail(d, query, vectors);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Four<TVector>(float* rows, float* first, float* second, float* scores, float* others)
        where TVector : unmanaged, IVector<TVector>
    {
        float* a = rows, b = a + Dimension, c = b + Dimension, d = c + Dimension;
        var a1 = TVector.Create(0);
        TVector b1 = a1, c1 = a1, d1 = a1, a2 = a1, b2 = a1, c2 = a1, d2 = a1;
        var vectors = Dimension / TVector.Count * TVector.Count;
        for (var i = 0; i < vectors; i += TVector.Count)
        {
            var one = TVector.Load(first + i);
            var two = TVector.Load(second + i);
            var row = TVector.Load(a + i);
            a1 = TVector.MultiplyAdd(row, one, a1);
            a2 = TVector.MultiplyAdd(row, two, a2);
            row = TVector.Load(b + i);
            b1 = TVector.MultiplyAdd(row, one, b1);
            b2 = TVector.MultiplyAdd(row, two, b2);
            row = TVector.Load(c + i);
            c1 = TVector.MultiplyAdd(row, one, c1);
            c2 = TVector.MultiplyAdd(row, two, c2);
            row = TVector.Load(d + i);
            d1 = TVector.MultiplyAdd(row, one, d1);
            d2 = TVector.MultiplyAdd(row, two, d2);
        }
        scores[0] = TVector.Sum(a1) + Tail(a, first, vectors);
        scores[1] = TVector.Sum(b1) + Tail(b, first, vectors);
        scores[2] = TVector.Sum(c1) + Tail(c, first, vectors);
        scores[3] = TVector.Sum(d1) + Tail(d, first, vectors);
        others[0] = TVector.Sum(a2) + Tail(a, second, vectors);
        others[1] = TVector.Sum(b2) + Tail(b, second, vectors);
        others[2] = TVector.Sum(c2) + Tail(c, second, vectors);
        others[3] = TVector.Sum(d2) + Tail(d, second, vectors);
    }

    private readonly float One<TVector>(float* row, float* query)
        where TVector : unmanaged, IVector<TVector>
    {
        var sum = TVector.Create(0);
        var vectors = Dimension / TVector.Count * TVector.Count;
        for (var i = 0; i < vectors; i += TVector.Count)
            sum = TVector.MultiplyAdd(TVector.Load(row + i), TVector.Load(query + i), sum);
        return TVector.Sum(sum) + Tail(row, query, vectors);
    }

    private readonly float Tail(float* row, float* query, int from)
    {
        var sum = 0f;
        for (var i = from; i < Dimension; i++)
            sum += row[i] * query[i];
        return sum;
    }
}
