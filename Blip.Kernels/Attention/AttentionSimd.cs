using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>
/// CPU variant: a task is a tile of queries of one head. Keys are packed in transposed panels of 64: scores
/// and outputs are products of small matrices. Six queries at a time go through a span's keys: memory is linear in the tokens.
/// A softmax per block is slower than one per span. Every sum over elements or keys runs in order:
/// one query gives the same bits as many.
/// </summary>
internal static unsafe class AttentionSimd
{
    /// <summary>Most queries per task. Packing then costs little, and a task needs 180 KB of stack.</summary>
    private const int MaxTile = 300;

    // Several tasks per worker, each with enough work for its packed keys.
    private const int TasksPerWorker = 4, MinTile = 24;

    /// <summary>With one query per row: an image's beams read its keys once.</summary>
    private const int RowsOfOneQuery = 6;

    public static void Run(Device device, in AttentionArgs args)
    {
        var shape = AttentionShape.Of(args);
        // Neighbouring rows that read the same keys (texts and beams of an image) form one tile: keys are packed once.
        var sharesKeys = shape.KeyRows == AttentionShape.PerRow && !args.Causal && args.Mask.Length == 0;
        var most = (int)Math.Clamp((long)args.Rows * args.Heads * args.QueryTokens / (TasksPerWorker * device.Workers), MinTile, MaxTile);
        var tiles = (args.QueryTokens + most - 1) / most;
        device.LaunchVectors(new AttentionVectors
        {
            Shape = shape,
            Rows = args.Rows,
            RowsPerTask = !sharesKeys ? 1 : args.QueryTokens == 1 ? RowsOfOneQuery : Math.Max(1, most / args.QueryTokens),
            TilesPerRow = tiles,
            // Equal tiles, multiples of the micro-kernel's rows.
            Tile = ((args.QueryTokens + tiles - 1) / tiles + PanelProduct.Rows - 1) / PanelProduct.Rows * PanelProduct.Rows,
            Query = Cpu.Pointer(args.Query),
            Key = Cpu.Pointer(args.Key),
            Value = Cpu.Pointer(args.Value),
            KeyRow = Cpu.Pointer(args.KeyRow),
            Start = Cpu.Pointer(args.Start),
            Mask = Cpu.Pointer(args.Mask),
            Output = Cpu.Pointer(args.Output),
            Probabilities = Cpu.Pointer(args.Probabilities),
        });
    }
}

internal unsafe struct AttentionVectors : IVectorOperator
{
    private const int KeyBlock = 64, Line = 64 / sizeof(float);

    // Keys per softmax: all of an image's. Longer rows rescale earlier sums to the new maximum.
    private const int KeySpan = 10 * KeyBlock, ScoreStride = KeySpan + Line;

    // Prefetch distance in tokens.
    private const int Ahead = 16;

    public AttentionShape Shape;
    public int Rows, RowsPerTask, TilesPerRow, Tile;
    public float* Query, Key, Value, Output, Probabilities;
    public int* KeyRow, Start, Mask;

    public readonly int Tasks => checked((Rows + RowsPerTask - 1) / RowsPerTask * Shape.Heads * TilesPerRow);

    public readonly void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var tile = task % TilesPerRow;
        var head = task / TilesPerRow % Shape.Heads;
        var row = task / TilesPerRow / Shape.Heads * RowsPerTask;
        if (RowsPerTask == 1)
        {
            var first = tile * Tile;
            if (first < Shape.QueryTokens)
                RunTile<TVector>(row, head, first, Math.Min(Tile, Shape.QueryTokens - first));
            return;
        }
        var rows = KeyRow;
        var end = Math.Min(row + RowsPerTask, Rows);
        while (row < end)
        {
            var next = row + 1;
            while (next < end && rows[next] == rows[row])
                next++;
            RunTile<TVector>(row, head, 0, (next - row) * Shape.QueryTokens);
            row = next;
        }
    }

    /// <summary>For queries that follow each other in memory and read the same keys.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void RunTile<TVector>(int row, int head, int first, int count)
        where TVector : unmanaged, IVector<TVector>
    {
        var columns = PanelProduct.RoundUp<TVector>(Shape.HeadDim);
        // Many queries reuse a span's panels. A few use each panel once, while it is in the first-level cache.
        var reuses = count > PanelProduct.Rows;
        var panels = reuses ? (Math.Min(Shape.KeyTokens, KeySpan) + KeyBlock - 1) / KeyBlock : 1;
        var floats = (count * (Shape.HeadDim + columns + TVector.Count + 1)) + (PanelProduct.Rows * ScoreStride)
            + (panels * KeyBlock * (Shape.HeadDim + columns)) + Line;
        var memory = stackalloc float[floats];
        var keys = (float*)(((long)memory + 63) & ~63L);
        var values = keys + (panels * KeyBlock * Shape.HeadDim);
        var scores = values + (panels * KeyBlock * columns);
        var sums = scores + (PanelProduct.Rows * ScoreStride);
        var totals = sums + (count * columns);
        var query = totals + (count * TVector.Count);
        var largest = query + (count * Shape.HeadDim);

        var queryRow = ((long)row * Shape.QueryTokens) + first;
        PackQueries(queryRow, count, head, query);
        var mask = Mask == null ? null : Mask + ((long)row * Shape.KeyTokens);
        var visible = Visible(row, first + count - 1);
        new Span<float>(sums, count * (columns + TVector.Count)).Clear();
        new Span<float>(largest, count).Fill(float.NegativeInfinity);

        for (var span = 0; span < visible; span += KeySpan)
        {
            var length = Math.Min(visible - span, KeySpan);
            for (var block = 0; reuses && block < length; block += KeyBlock)
            {
                PackKeys(row, span + block, Math.Min(length - block, KeyBlock), head, keys + (block * Shape.HeadDim));
                PackValues(row, span + block, Math.Min(length - block, KeyBlock), head, values + (block * columns), columns);
            }
            for (var i = 0; i < count; i += PanelProduct.Rows)
            {
                var rows = Math.Min(PanelProduct.Rows, count - i);
                for (var block = 0; block < length; block += KeyBlock)
                {
                    var inBlock = Math.Min(length - block, KeyBlock);
                    var panel = reuses ? keys + (block * Shape.HeadDim) : keys;
                    if (!reuses)
                        PackKeys(row, span + block, inBlock, head, panel);
                    PanelProduct.Run<TVector>(
                        query + (i * Shape.HeadDim), Shape.HeadDim, rows, panel, KeyBlock, scores + block, ScoreStride, Shape.HeadDim,
                            PanelProduct.RoundUp<TVector>(inBlock), add: false);
                }
                var width = PanelProduct.RoundUp<TVector>(length);
                for (var j = 0; j < rows; j++)
                {
                    MaskScores(scores + (j * ScoreStride), width, Math.Min(Visible(row, first + i + j) - span, length), length,
                        mask == null ? null : mask + span);
                    Softmax<TVector>(
                        scores + (j * ScoreStride), width, sums + ((i + j) * columns), columns,
                        totals + ((i + j) * TVector.Count), largest + i + j);
                    if (Shape.DropLimit > 0)
                        Drop(scores + (j * ScoreStride), length, Weights(row, head, first, i + j) + span);
                }
                for (var block = 0; block < length; block += KeyBlock)
                {
                    var inBlock = Math.Min(length - block, KeyBlock);
                    var panel = reuses ? values + (block * columns) : values;
                    if (!reuses)
                        PackValues(row, span + block, inBlock, head, panel, columns);
                    PanelProduct.Run<TVector>(
                        scores + block, ScoreStride, rows, panel, columns, sums + (i * columns), columns, inBlock, columns, add: true);
                }
            }
        }

        var width2 = Shape.Heads * Shape.HeadDim;
        for (var i = 0; i < count; i++)
        {
            var total = totals[i * TVector.Count] = TVector.Sum(TVector.Load(totals + (i * TVector.Count)));
            var output = Output + ((queryRow + i) * width2) + (head * Shape.HeadDim);
            for (var d = 0; d < Shape.HeadDim; d++)
                output[d] = sums[(i * columns) + d] / total;
        }
        if (Probabilities != null)
            WriteProbabilities<TVector>(row, head, first, count, visible, query, mask, keys, scores, totals, largest);
    }

    /// <summary>A second pass, with each query's final maximum and sum.</summary>
    private readonly void WriteProbabilities<TVector>(
        int row, int head, int first, int count, int visible, float* query, int* mask, float* keys, float* scores, float* totals,
        float* largest)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var block = 0; block < visible; block += KeyBlock)
        {
            var length = Math.Min(visible - block, KeyBlock);
            var width = PanelProduct.RoundUp<TVector>(length);
            PackKeys(row, block, length, head, keys);
            for (var i = 0; i < count; i++)
            {
                PanelProduct.Run<TVector>(
                    query + (i * Shape.HeadDim), Shape.HeadDim, 1, keys, KeyBlock, scores, KeyBlock, Shape.HeadDim, width, add: false);
                MaskScores(scores, width, Math.Min(Visible(row, first + i) - block, length), length, mask == null ? null : mask + block);
                var shift = TVector.Create(largest[i]);
                var total = TVector.Create(totals[i * TVector.Count]);
                for (var j = 0; j < width; j += TVector.Count)
                    TVector.Store(Maths.ExpOfNegative(TVector.Load(scores + j) - shift) / total, scores + j);
                new Span<float>(scores, length).CopyTo(new Span<float>(Probabilities + Weights(row, head, first, i) + block, length));
            }
        }
        for (var i = 0; i < count; i++)
            new Span<float>(Probabilities + Weights(row, head, first, i) + visible, Shape.KeyTokens - visible).Clear();
    }

    // Index in [Rows, Heads, QueryTokens, KeyTokens]. A tile may cover several rows.
    private readonly long Weights(int row, int head, int first, int i)
    {
        var (rowsOn, token) = Math.DivRem(first + i, Shape.QueryTokens);
        return ((((long)(row + rowsOn) * Shape.Heads) + head) * Shape.QueryTokens + token) * Shape.KeyTokens;
    }

    private readonly void Drop(float* weights, int count, long place) =>
        Dropout.Multiply(weights, count, Shape.DropSeed, Shape.DropStream, place, Shape.DropLimit, Shape.KeepFactor);

    private readonly int Visible(int row, int token) => Shape.Causal == 0
        ? Shape.KeyTokens
        : Math.Clamp((Start == null ? 0 : Start[row]) + token + 1, 1, Shape.KeyTokens);

    private readonly void FindSources(int row, int block, int length, int* sources)
    {
        var table = KeyRow;
        var perRow = Shape.KeyRows == AttentionShape.PerRow ? Math.Clamp(table[row], 0, Shape.KeyRowCount - 1) : row;
        for (var j = 0; j < length; j++)
        {
            var from = Shape.KeyRows == AttentionShape.PerPosition
                ? Math.Clamp(table[((long)row * Shape.KeyCapacity) + block + j], 0, Shape.KeyRowCount - 1)
                : perRow;
            sources[j] = (from * Shape.KeyCapacity) + block + j;
        }
    }

    /// <summary>keys[d, j] of the block; lanes past the last key keep old values.</summary>
    [SkipLocalsInit]
    private readonly void PackKeys(int row, int block, int length, int head, float* keys)
    {
        var sources = stackalloc int[KeyBlock];
        FindSources(row, block, length, sources);
        var from = Key + Shape.KeyOffset + (head * Shape.HeadDim);
        var value = Value + Shape.ValueOffset + (head * Shape.HeadDim);
        for (var j = 0; j < length; j += 4)
        {
            // Tokens lie too far apart for the hardware prefetcher.
            for (var i = 0; i < 4; i++)
            {
                var ahead = sources[Math.Min(j + i, length - 1)] + Ahead;
                Prefetch(from + ((long)ahead * Shape.KeyStride));
                Prefetch(value + ((long)ahead * Shape.ValueStride));
            }
            var k0 = from + ((long)sources[j] * Shape.KeyStride);
            var k1 = from + ((long)sources[Math.Min(j + 1, length - 1)] * Shape.KeyStride);
            var k2 = from + ((long)sources[Math.Min(j + 2, length - 1)] * Shape.KeyStride);
            var k3 = from + ((long)sources[Math.Min(j + 3, length - 1)] * Shape.KeyStride);
            PanelProduct.Transpose(k0, k1, k2, k3, Shape.HeadDim, keys + j, KeyBlock);
        }
    }

    private readonly void Prefetch(float* head)
    {
        if (!Sse.IsSupported)
            return;
        for (var d = 0; d < Shape.HeadDim; d += Line)
            Sse.Prefetch0(head + d);
    }

    [SkipLocalsInit]
    private readonly void PackValues(int row, int block, int length, int head, float* values, int columns)
    {
        var sources = stackalloc int[KeyBlock];
        FindSources(row, block, length, sources);
        var from = Value + Shape.ValueOffset + (head * Shape.HeadDim);
        for (var j = 0; j < length; j++)
            new Span<float>(from + ((long)sources[j] * Shape.ValueStride), Shape.HeadDim)
                .CopyTo(new Span<float>(values + (j * columns), Shape.HeadDim));
    }

    /// <summary>Side by side and scaled: distant rows would share few cache sets.</summary>
    private readonly void PackQueries(long queryRow, int count, int head, float* queries)
    {
        var from = Query + (queryRow * Shape.QueryStride) + Shape.QueryOffset + (head * Shape.HeadDim);
        for (var i = 0; i < count; i++, from += Shape.QueryStride)
        {
            for (var d = 0; d < Shape.HeadDim; d++)
                *queries++ = from[d] * Shape.Scale;
        }
    }

    /// <summary>Overwrites scores of padding and unseen keys.</summary>
    internal static void MaskScores(float* scores, int width, int visible, int length, int* mask)
    {
        if (mask != null)
        {
            for (var j = 0; j < length; j++)
            {
                if (mask[j] == 0)
                    scores[j] = float.MinValue;
            }
        }
        visible = Math.Max(visible, 0);
        for (var j = visible; j < width; j++)
            scores[j] = float.NegativeInfinity;
    }

    /// <summary>Turns scores into weights about the running maximum, and rescales the earlier sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Softmax<TVector>(float* scores, int width, float* sums, int columns, float* totals, float* largest)
        where TVector : unmanaged, IVector<TVector>
    {
        var most = TVector.Create(*largest);
        for (var j = 0; j < width; j += TVector.Count)
            most = TVector.Max(most, TVector.Load(scores + j));
        var now = TVector.Largest(most);
        var shift = TVector.Create(now);
        var total = TVector.Create(0);
        for (var j = 0; j < width; j += TVector.Count)
        {
            var weight = Maths.ExpOfNegative(TVector.Load(scores + j) - shift);
            TVector.Store(weight, scores + j);
            total += weight;
        }
        var before = TVector.Load(totals);
        if (now != *largest)
        {
            var correction = Maths.Exp(TVector.Create(*largest) - shift);
            for (var d = 0; d < columns; d += TVector.Count)
                TVector.Store(TVector.Load(sums + d) * correction, sums + d);
            before *= correction;
            *largest = now;
        }
        TVector.Store(before + total, totals);
    }
}
