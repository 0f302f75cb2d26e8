using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// Portable variant for groups of one work-item, on a processor's cores. A work-item computes a tile
/// of queries of one head, as <see cref="AttentionSimd"/> does, with sums in registers (<see cref="Lanes"/>).
/// Every shape of these sums adds in the same order and gives the same bits.
/// </summary>
internal static class AttentionTiled
{
    private const int KeyBlock = 64, MaxTile = 48, MaxColumns = Attention.MaxHeadDim;

    public static void Run(Device device, in AttentionArgs args)
    {
        if (Dropout.Limit(args.Dropout) == 0)
            Run<KeptWeights>(device, args);
        else
            Run<WeightDropout>(device, args);
    }

    private static void Run<TDropout>(Device device, in AttentionArgs args)
        where TDropout : struct, IWeightDropout
    {
        var tiles = (args.QueryTokens + MaxTile - 1) / MaxTile;
        var groups = checked(args.Rows * args.Heads * tiles);
        device.Launch(
            new KernelConfig(groups, 1),
            new Kernel<TDropout>(
                args.Query, args.Key, args.Value, device.OrEmpty(args.KeyRow), device.OrEmpty(args.Start), device.OrEmpty(args.Mask),
                args.Output, device.OrEmpty(args.Probabilities), AttentionShape.Of(args), tiles));
    }

    [Kernel(typeof(KeptWeights)), Kernel(typeof(WeightDropout))]
    internal readonly struct Kernel<TDropout>(
        ArrayView<float> query, ArrayView<float> key, ArrayView<float> value, ArrayView<int> keyRow, ArrayView<int> start,
        ArrayView<int> mask, ArrayView<float> output, ArrayView<float> probabilities, AttentionShape shape, int tiles) : IDeviceKernel
        where TDropout : struct, IWeightDropout
    {
        public void Run()
        {
            var keys = LocalMemory.Allocate<float>(MaxColumns * KeyBlock);
            var values = LocalMemory.Allocate<float>(KeyBlock * MaxColumns);
            var scores = LocalMemory.Allocate<float>(MaxTile * KeyBlock);
            var sums = LocalMemory.Allocate<float>(MaxTile * MaxColumns);
            var corrections = LocalMemory.Allocate<float>(MaxTile);
            var totals = LocalMemory.Allocate<float>(MaxTile);
            var largest = LocalMemory.Allocate<float>(MaxTile);

            var head = Grid.IdxX / tiles % shape.Heads;
            var row = Grid.IdxX / tiles / shape.Heads;
            // Equal tiles: none packs the keys for a query or two.
            var tile = (shape.QueryTokens + tiles - 1) / tiles;
            var first = Grid.IdxX % tiles * tile;
            var count = IntrinsicMath.Min(tile, shape.QueryTokens - first);
            if (count <= 0)
                return;
            var inHead = head * shape.HeadDim;
            var visible = AttentionPortable.Visible(start, shape, row, first + count - 1);
            var queries = query.SubView(((((long)row * shape.QueryTokens) + first) * shape.QueryStride) + shape.QueryOffset + inHead);

            for (var i = 0; i < count; i++)
            {
                totals[i] = 0f;
                largest[i] = float.NegativeInfinity;
                for (var d = 0; d < MaxColumns; d++)
                    sums[(i * MaxColumns) + d] = 0f;
            }
            for (var block = 0; block < visible; block += KeyBlock)
            {
                var length = IntrinsicMath.Min(visible - block, KeyBlock);
                PackKeys(key, keyRow, keys, shape, row, inHead, block, length);
                for (var j = 0; j < length; j++)
                {
                    var token = AttentionPortable.Token(keyRow, shape, row, block + j);
                    var source = value.SubView((token * shape.ValueStride) + shape.ValueOffset + inHead, shape.HeadDim);
                    for (var d = 0; d < shape.HeadDim; d++)
                        values[(j * MaxColumns) + d] = source[d];
                }
                ScoreAll(queries, keys, scores, shape, count);
                for (var i = 0; i < count; i++)
                {
                    Finish(scores, mask, shape, i * KeyBlock, row, block, AttentionPortable.Visible(start, shape, row, first + i));
                    Softmax(scores, corrections, totals, largest, i);
                    var place = ((((((long)row * shape.Heads) + head) * shape.QueryTokens) + first + i) * shape.KeyTokens) + block;
                    for (var j = 0; j < length; j++)
                        scores[(i * KeyBlock) + j] = TDropout.Apply(scores[(i * KeyBlock) + j], shape, place + j);
                }
                if (count == 1)
                    Collect<Tile1x64>(scores, values, sums, corrections, shape, length, count);
                else
                    Collect<Tile6x16>(scores, values, sums, corrections, shape, length, count);
            }

            var to = ((((long)row * shape.QueryTokens) + first) * shape.Heads * shape.HeadDim) + inHead;
            for (var i = 0; i < count; i++)
            {
                for (var d = 0; d < shape.HeadDim; d++)
                    output[to + ((long)i * shape.Heads * shape.HeadDim) + d] = sums[(i * MaxColumns) + d] / totals[i];
            }
            if (probabilities.Length == 0)
                return;

            // A second pass, with each query's final maximum and sum.
            for (var block = 0; block < shape.KeyTokens; block += KeyBlock)
            {
                var length = IntrinsicMath.Min(shape.KeyTokens - block, KeyBlock);
                PackKeys(key, keyRow, keys, shape, row, inHead, block, length);
                ScoreAll(queries, keys, scores, shape, count);
                for (var i = 0; i < count; i++)
                {
                    Finish(scores, mask, shape, i * KeyBlock, row, block, AttentionPortable.Visible(start, shape, row, first + i));
                    var weights = (((((long)row * shape.Heads) + head) * shape.QueryTokens) + first + i) * shape.KeyTokens;
                    for (var j = 0; j < length; j++)
                        probabilities[weights + block + j] = Maths.Exp(scores[(i * KeyBlock) + j] - largest[i]) / totals[i];
                }
            }
        }
    }

    /// <summary>keys[d, j] of a block, four neighbours at once.</summary>
    private static void PackKeys(
        ArrayView<float> key, ArrayView<int> keyRow, ArrayView<float> keys, AttentionShape shape, int row, int inHead, int block,
            int length)
    {
        var offset = shape.KeyOffset + inHead;
        for (var j = 0; j < length; j += 4)
        {
            var last = block + length - 1;
            var k0 = key.SubView((AttentionPortable.Token(keyRow, shape, row, block + j) * shape.KeyStride) + offset, shape.HeadDim);
            var k1 = key.SubView((AttentionPortable.Token(keyRow, shape, row, IntrinsicMath.Min(block + j + 1, last)) * shape.KeyStride)
                + offset, shape.HeadDim);
            var k2 = key.SubView((AttentionPortable.Token(keyRow, shape, row, IntrinsicMath.Min(block + j + 2, last)) * shape.KeyStride)
                + offset, shape.HeadDim);
            var k3 = key.SubView((AttentionPortable.Token(keyRow, shape, row, IntrinsicMath.Min(block + j + 3, last)) * shape.KeyStride)
                + offset, shape.HeadDim);
            for (var d = 0; d < shape.HeadDim; d++)
            {
                keys[(d * KeyBlock) + j] = k0[d];
                keys[(d * KeyBlock) + j + 1] = k1[d];
                keys[(d * KeyBlock) + j + 2] = k2[d];
                keys[(d * KeyBlock) + j + 3] = k3[d];
            }
        }
    }

    /// <summary>Undefined past the block's last key.</summary>
    private static void ScoreAll(ArrayView<float> queries, ArrayView<float> keys, ArrayView<float> scores, AttentionShape shape, int count)
    {
        if (count == 1)
            Score<Tile1x64>(queries, keys, scores, shape, count);
        else
            Score<Tile6x16>(queries, keys, scores, shape, count);
    }

    private static void Score<TTile>(
        ArrayView<float> queries, ArrayView<float> keys, ArrayView<float> scores, AttentionShape shape, int count)
        where TTile : struct, IGemmTile
    {
        var products = LocalMemory.Allocate<float>(TTile.Rows * TTile.Columns);
        for (var j = 0; j < KeyBlock; j += TTile.Columns)
        {
            for (var i = 0; i < count; i += TTile.Rows)
            {
                var last = count - 1 - i;
                var tile = queries.SubView((long)i * shape.QueryStride);
                Lanes.Clear(products, 0, TTile.Rows * TTile.Columns);
                for (var d = 0; d < shape.HeadDim; d++)
                    AddRows<TTile>(tile, d, shape.QueryStride, last, keys.SubView((d * KeyBlock) + j, TTile.Columns), products);
                for (var r = 0; r < TTile.Rows && r <= last; r++)
                {
                    for (var c = 0; c < TTile.Columns; c++)
                        scores[((i + r) * KeyBlock) + j + c] = products[(r * TTile.Columns) + c];
                }
            }
        }
    }

    // Rows past the last one repeat it and are not stored.
    private static void AddRows<TTile>(
        ArrayView<float> x, int column, int stride, int last, ArrayView<float> lanes, ArrayView<float> products)
        where TTile : struct, IGemmTile
    {
        AddRow<TTile>(0, x, column, stride, last, lanes, products);
        AddRow<TTile>(1, x, column, stride, last, lanes, products);
        AddRow<TTile>(2, x, column, stride, last, lanes, products);
        AddRow<TTile>(3, x, column, stride, last, lanes, products);
        AddRow<TTile>(4, x, column, stride, last, lanes, products);
        AddRow<TTile>(5, x, column, stride, last, lanes, products);
    }

    private static void AddRow<TTile>(
        int r, ArrayView<float> x, int column, int stride, int last, ArrayView<float> lanes, ArrayView<float> products)
        where TTile : struct, IGemmTile
    {
        if (r < TTile.Rows)
            Lanes.MultiplyAdd(x[(IntrinsicMath.Min(r, last) * stride) + column], lanes, products, r * TTile.Columns, TTile.Columns);
    }

    /// <summary>Scales scores and overwrites those of padding and unseen keys.</summary>
    private static void Finish(
        ArrayView<float> scores, ArrayView<int> mask, AttentionShape shape, int from, int row, int block, int visible)
    {
        for (var j = 0; j < KeyBlock; j++)
            scores[from + j] *= shape.Scale;
        var seen = IntrinsicMath.Clamp(visible - block, 0, KeyBlock);
        for (var j = 0; j < seen && mask.Length > 0; j++)
        {
            if (mask[((long)row * shape.KeyTokens) + block + j] == 0)
                scores[from + j] = float.MinValue;
        }
        for (var j = seen; j < KeyBlock; j++)
            scores[from + j] = float.NegativeInfinity;
    }

    /// <summary>Turns scores into weights about the running maximum, and stores the earlier sums' factor.</summary>
    private static void Softmax(
        ArrayView<float> scores, ArrayView<float> corrections, ArrayView<float> totals, ArrayView<float> largest, int i)
    {
        // Four chains each; one would wait for itself at every step.
        var from = i * KeyBlock;
        var before = largest[i];
        float m0 = before, m1 = before, m2 = before, m3 = before;
        for (var j = 0; j < KeyBlock; j += 4)
        {
            m0 = IntrinsicMath.Max(m0, scores[from + j]);
            m1 = IntrinsicMath.Max(m1, scores[from + j + 1]);
            m2 = IntrinsicMath.Max(m2, scores[from + j + 2]);
            m3 = IntrinsicMath.Max(m3, scores[from + j + 3]);
        }
        var now = IntrinsicMath.Max(IntrinsicMath.Max(m0, m1), IntrinsicMath.Max(m2, m3));
        for (var j = 0; j < KeyBlock; j++)
            scores[from + j] = Maths.Exp(scores[from + j] - now);
        float t0 = 0f, t1 = 0f, t2 = 0f, t3 = 0f;
        for (var j = 0; j < KeyBlock; j += 4)
        {
            t0 += scores[from + j];
            t1 += scores[from + j + 1];
            t2 += scores[from + j + 2];
            t3 += scores[from + j + 3];
        }
        var correction = Maths.Exp(before - now);
        totals[i] = (totals[i] * correction) + (t0 + t1 + (t2 + t3));
        largest[i] = now;
        corrections[i] = correction;
    }

    private static void Collect<TTile>(
        ArrayView<float> weights, ArrayView<float> values, ArrayView<float> sums, ArrayView<float> corrections, AttentionShape shape,
        int length, int count)
        where TTile : struct, IGemmTile
    {
        // From zero, not from the sums: only values that never leave this loop stay in registers.
        var added = LocalMemory.Allocate<float>(TTile.Rows * TTile.Columns);
        for (var d = 0; d < shape.HeadDim; d += TTile.Columns)
        {
            for (var i = 0; i < count; i += TTile.Rows)
            {
                var last = count - 1 - i;
                var tile = weights.SubView(i * KeyBlock);
                Lanes.Clear(added, 0, TTile.Rows * TTile.Columns);
                for (var j = 0; j < length; j++)
                    AddRows<TTile>(tile, j, KeyBlock, last, values.SubView((j * MaxColumns) + d, TTile.Columns), added);
                for (var r = 0; r < TTile.Rows && r <= last; r++)
                {
                    var own = sums.SubView(((i + r) * MaxColumns) + d, TTile.Columns);
                    for (var c = 0; c < TTile.Columns; c++)
                        own[c] = (own[c] * corrections[i + r]) + added[(r * TTile.Columns) + c];
                }
            }
        }
    }
}
