using Blip.Kernels.Devices;
using Blip.Kernels.Ptx;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// CUDA, one query per row (a decoder's token), over image keys or earlier tokens, in single precision. Keys are cut into
/// parts of 128. A group of 4 warps takes a part of one head for four rows. Rows that share a key (an image's beams) read it once.
/// Eight threads hold a key: a warp reads four keys by one load. The group that ends last adds up the parts in order.
/// </summary>
internal static class AttentionStep
{
    /// <summary>Smaller heads are padded with zeros.</summary>
    public const int MaxHeadDim = 64;

    private const int Threads = 128, Warps = 4, RowsPerGroup = 4, KeysPerPart = 128, KeysPerWarp = KeysPerPart / Warps;

    // Per row of a part: largest score, sum of weights, weighted sum of values.
    private const int Record = MaxHeadDim + 2;

    /// <summary>Decoder steps have no dropout.</summary>
    public static bool Supports(in AttentionArgs args) =>
        args.QueryTokens == 1 && args.HeadDim <= MaxHeadDim && args.Probabilities.Length == 0 && Dropout.Limit(args.Dropout) == 0;

    public static void Run<TRows>(Device device, in AttentionArgs args)
        where TRows : struct, IRowReader
    {
        var (launch, tiles, floats) = Launch(args);
        var records = device.Scratch(floats * sizeof(float)).Cast<float>();
        device.Launch(
            launch,
            new Kernel<TRows>(
                args.Query, args.Key, args.Value, device.OrEmpty(args.KeyRow), device.OrEmpty(args.Start), device.OrEmpty(args.Mask),
                    args.Output,
                records, device.Counters(tiles), args.Rows, AttentionShape.Of(args)));
    }

    /// <summary>The grid, the number of counters, and the floats for the parts' results.</summary>
    public static (KernelConfig Launch, int Counters, long Records) Launch(in AttentionArgs args)
    {
        var parts = (args.KeyTokens + KeysPerPart - 1) / KeysPerPart;
        var tiles = checked((args.Rows + RowsPerGroup - 1) / RowsPerGroup * args.Heads);
        return (new KernelConfig(checked(tiles * parts), Threads), tiles, (long)tiles * RowsPerGroup * parts * Record);
    }

    [LaunchBounds(Threads, 2)]
    [Kernel(typeof(AlignedRows)), Kernel(typeof(AnyRows))]
    internal readonly struct Kernel<TRows>(
        ArrayView<float> query, ArrayView<float> key, ArrayView<float> value, ArrayView<int> keyRow, ArrayView<int> start,
            ArrayView<int> mask,
        ArrayView<float> output, ArrayView<float> records, ArrayView<int> counters, int rows, AttentionShape shape) : IDeviceKernel
        where TRows : struct, IRowReader
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<float>(Warps * RowsPerGroup * Record);
            var (lane, warp) = (Group.IdxX & 31, Group.IdxX >> 5);
            var (own, piece) = (lane >> 3, lane & 7);
            var parts = (shape.KeyTokens + KeysPerPart - 1) / KeysPerPart;
            var tile = Grid.IdxX / parts;
            var part = Grid.IdxX % parts;
            var inHead = tile % shape.Heads * shape.HeadDim;
            var row = tile / shape.Heads * RowsPerGroup;

            // A row past the last one gets no keys. Its result is never read.
            var (r0, r1, r2, r3) = (
                StepRow.Of<TRows>(query, start, shape, row, inHead, piece),
                    StepRow.Of<TRows>(query, start, shape, IntrinsicMath.Min(row + 1, rows - 1), inHead, piece),
                StepRow.Of<TRows>(query, start, shape, IntrinsicMath.Min(row + 2, rows - 1), inHead, piece),
                StepRow.Of<TRows>(query, start, shape, IntrinsicMath.Min(row + 3, rows - 1), inHead, piece));
            var visible = IntrinsicMath.Max(IntrinsicMath.Max(r0.Visible, r1.Visible), IntrinsicMath.Max(r2.Visible, r3.Visible));
            var first = (part * KeysPerPart) + (warp * KeysPerWarp);
            var end = IntrinsicMath.Min(first + KeysPerWarp, visible);
            var left = shape.HeadDim - (piece * 8);
            for (var block = first; block < end; block += 4)
            {
                var j = IntrinsicMath.Min(block + own, shape.KeyTokens - 1);
                var source = AttentionPortable.Token(keyRow, shape, row, j);
                var token = StepToken.Read<TRows>(key, value, shape, source, inHead + (piece * 8), left);
                r0 = r0.Add(token, shape, mask, row, block + own);
                if (row + 1 < rows)
                    (source, token, r1) = Next<TRows>(
                        key, value, keyRow, mask, shape, row + 1, j, block + own, inHead + (piece * 8), left, source, token, r1);
                if (row + 2 < rows)
                    (source, token, r2) = Next<TRows>(
                        key, value, keyRow, mask, shape, row + 2, j, block + own, inHead + (piece * 8), left, source, token, r2);
                if (row + 3 < rows)
                    (source, token, r3) = Next<TRows>(
                        key, value, keyRow, mask, shape, row + 3, j, block + own, inHead + (piece * 8), left, source, token, r3);
            }
            var at = (warp * RowsPerGroup * Record) + (piece * 8);
            r0.ReduceAcrossThreads().Store(shared, at, own, piece);
            r1.ReduceAcrossThreads().Store(shared, at + Record, own, piece);
            r2.ReduceAcrossThreads().Store(shared, at + (2 * Record), own, piece);
            r3.ReduceAcrossThreads().Store(shared, at + (3 * Record), own, piece);
            Group.Barrier();

            var element = Group.IdxX % MaxHeadDim;
            for (var r = Group.IdxX / MaxHeadDim; r < RowsPerGroup; r += Threads / MaxHeadDim)
            {
                var (largest, total, sum) = Sum(shared, r * Record, RowsPerGroup * Record, Warps, element);
                if (parts == 1)
                {
                    if (row + r < rows && element < shape.HeadDim)
                        output[((long)(row + r) * shape.Heads * shape.HeadDim) + inHead + element] = sum / total;
                    continue;
                }
                var to = (((long)tile * RowsPerGroup) + r) * parts * Record + ((long)part * Record);
                records[to + 2 + element] = sum;
                if (element == 0)
                {
                    records[to] = largest;
                    records[to + 1] = total;
                }
            }
            if (parts == 1)
                return;

            if (!LastGroup.Is(counters, tile, parts))
                return;
            for (var r = Group.IdxX / MaxHeadDim; r < RowsPerGroup; r += Threads / MaxHeadDim)
            {
                if (row + r >= rows || element >= shape.HeadDim)
                    continue;
                var own4 = records.SubView((((long)tile * RowsPerGroup) + r) * parts * Record);
                var (_, total, sum) = Sum(own4, 0, Record, parts, element);
                output[((long)(row + r) * shape.Heads * shape.HeadDim) + inHead + element] = sum / total;
            }
        }
    }

    // The next row reads a key again only where it differs.
    private static (long Source, StepToken Token, StepRow Row) Next<TRows>(
        ArrayView<float> key, ArrayView<float> value, ArrayView<int> keyRow, ArrayView<int> mask, AttentionShape shape, int row, int j,
            int position,
        int inToken, int left, long source, StepToken token, StepRow state)
        where TRows : struct, IRowReader
    {
        var own = AttentionPortable.Token(keyRow, shape, row, j);
        if (own != source)
            token = StepToken.Read<TRows>(key, value, shape, own, inToken, left);
        return (own, token, state.Add(token, shape, mask, row, position));
    }

    // Adds records in order.
    private static (float Largest, float Total, float Sum) Sum(ArrayView<float> records, int from, int stride, int count, int element)
    {
        var largest = float.MinValue;
        for (var i = 0; i < count; i++)
            largest = IntrinsicMath.Max(largest, records[from + (i * stride)]);
        var (total, sum) = (0f, 0f);
        for (var i = 0; i < count; i++)
        {
            var factor = Maths.Exp(records[from + (i * stride)] - largest);
            total += records[from + (i * stride) + 1] * factor;
            sum += records[from + (i * stride) + 2 + element] * factor;
        }
        return (largest, total, sum);
    }
}

internal struct StepToken
{
    public Floats4 KeyLow, KeyHigh, ValueLow, ValueHigh;

    public static StepToken Read<TRows>(
        ArrayView<float> key, ArrayView<float> value, AttentionShape shape, long token, int inToken, int left)
        where TRows : struct, IRowReader
    {
        var keys = key.SubView((token * shape.KeyStride) + shape.KeyOffset);
        var values = value.SubView((token * shape.ValueStride) + shape.ValueOffset);
        return new StepToken
        {
            KeyLow = TRows.Read4(keys, inToken, left),
            KeyHigh = TRows.Read4(keys, inToken + 4, left - 4),
            ValueLow = TRows.Read4(values, inToken, left),
            ValueHigh = TRows.Read4(values, inToken + 4, left - 4),
        };
    }
}

internal struct StepRow
{
    public Floats4 QueryLow, QueryHigh, Low, High;
    public float Largest, Total;
    public int Visible;

    public static StepRow Of<TRows>(ArrayView<float> query, ArrayView<int> start, AttentionShape shape, int row, int inHead, int piece)
        where TRows : struct, IRowReader
    {
        var left = shape.HeadDim - (piece * 8);
        var own = query.SubView(((long)row * shape.QueryStride) + shape.QueryOffset + inHead);
        return new StepRow
        {
            QueryLow = TRows.Read4(own, piece * 8, left),
            QueryHigh = TRows.Read4(own, (piece * 8) + 4, left - 4),
            Largest = float.MinValue,
            Visible = AttentionPortable.Visible(start, shape, row, 0),
        };
    }

    /// <summary>Adds one key; its eight threads call this together.</summary>
    public readonly StepRow Add(StepToken token, AttentionShape shape, ArrayView<int> mask, int row, int position)
    {
        var score = (Dot(QueryLow, token.KeyLow) + Dot(QueryHigh, token.KeyHigh)) * shape.Scale;
        score += Warp.ShuffleXor(score, 1);
        score += Warp.ShuffleXor(score, 2);
        score += Warp.ShuffleXor(score, 4);
        // Keys beyond the last visible one are undefined.
        if (position >= Visible)
            return this;
        if (mask.Length > 0 && mask[((long)row * shape.KeyTokens) + position] == 0)
            score = float.MinValue;
        var largest = IntrinsicMath.Max(Largest, score);
        var (shrinks, weight) = (Maths.Exp(Largest - largest), Maths.Exp(score - largest));
        var next = this;
        next.Largest = largest;
        next.Total = (Total * shrinks) + weight;
        next.Low = Add(Low, shrinks, token.ValueLow, weight);
        next.High = Add(High, shrinks, token.ValueHigh, weight);
        return next;
    }

    /// <summary>Sums over the warp's four groups of threads; valid in the first of them.</summary>
    public readonly StepRow ReduceAcrossThreads() => ReduceAcrossThreads(8).ReduceAcrossThreads(16);

    public readonly void Store(ArrayView<float> to, int at, int group, int piece)
    {
        if (group != 0)
            return;
        if (piece == 0)
        {
            to[at] = Largest;
            to[at + 1] = Total;
        }
        to[at + 2] = Low.X;
        to[at + 3] = Low.Y;
        to[at + 4] = Low.Z;
        to[at + 5] = Low.W;
        to[at + 6] = High.X;
        to[at + 7] = High.Y;
        to[at + 8] = High.Z;
        to[at + 9] = High.W;
    }

    private readonly StepRow ReduceAcrossThreads(int distance)
    {
        var largest = IntrinsicMath.Max(Largest, Warp.ShuffleXor(Largest, distance));
        var own = Maths.Exp(Largest - largest);
        var other = Warp.ShuffleXor(own, distance);
        var next = this;
        next.Largest = largest;
        next.Total = (Total * own) + (Warp.ShuffleXor(Total, distance) * other);
        next.Low = Add(Low, own, Other(Low, distance), other);
        next.High = Add(High, own, Other(High, distance), other);
        return next;
    }

    private static Floats4 Other(Floats4 values, int distance) => new()
    {
        X = Warp.ShuffleXor(values.X, distance),
        Y = Warp.ShuffleXor(values.Y, distance),
        Z = Warp.ShuffleXor(values.Z, distance),
        W = Warp.ShuffleXor(values.W, distance),
    };

    private static Floats4 Add(Floats4 a, float x, Floats4 b, float y) =>
        new() { X = (a.X * x) + (b.X * y), Y = (a.Y * x) + (b.Y * y), Z = (a.Z * x) + (b.Z * y), W = (a.W * x) + (b.W * y) };

    private static float Dot(Floats4 a, Floats4 b) => (a.X * b.X) + (a.Y * b.Y) + (a.Z * b.Z) + (a.W * b.W);
}
