using Blip.Kernels.Devices;
using Blip.Kernels.Ptx;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// CUDA, many queries, heads of up to 64 elements, single precision. A group of 256 threads has 64 queries of a head and takes
/// 32 keys at a time. A thread computes 4 × 2 scores and 4 × 4 outputs in registers; 16 threads share four queries.
/// </summary>
internal static class AttentionRegisters
{
    /// <summary>Smaller heads are padded with zeros.</summary>
    public const int MaxHeadDim = 64;

    private const int Threads = 256, Queries = 64, Keys = 32;

    // The strides put a warp's simultaneous accesses into different banks. Queries and keys are columns.
    private const int QueryStride = Queries + 4, KeyStride = Keys + 1, WeightStride = Keys + 4;
    private const int KeysAt = MaxHeadDim * QueryStride, ValuesAt = KeysAt + (MaxHeadDim * KeyStride),
        WeightsAt = ValuesAt + (Keys * MaxHeadDim);

    public static bool Supports(in AttentionArgs args) =>
        args.HeadDim <= MaxHeadDim && args.Probabilities.Length == 0 && (args.KeyRow.Length == 0 || args.KeyRow.Length == args.Rows);

    public static void Run<TRows>(Device device, in AttentionArgs args)
        where TRows : struct, IRowReader
    {
        if (Dropout.Limit(args.Dropout) == 0)
            Run<TRows, KeptWeights>(device, args);
        else
            Run<TRows, WeightDropout>(device, args);
    }

    private static void Run<TRows, TDropout>(Device device, in AttentionArgs args)
        where TRows : struct, IRowReader
        where TDropout : struct, IWeightDropout =>
        device.Launch(
            Launch(args),
            new Kernel<TRows, TDropout>(
                args.Query, args.Key, args.Value, device.OrEmpty(args.KeyRow), device.OrEmpty(args.Start), device.OrEmpty(args.Mask),
                    args.Output,
                AttentionShape.Of(args)));

    public static KernelConfig Launch(in AttentionArgs args) =>
        new(checked(args.Rows * args.Heads * ((args.QueryTokens + Queries - 1) / Queries)), Threads);

    [LaunchBounds(Threads, 2)]
    [Kernel(typeof(AlignedRows), typeof(KeptWeights)), Kernel(typeof(AnyRows), typeof(KeptWeights))]
    [Kernel(typeof(AlignedRows), typeof(WeightDropout)), Kernel(typeof(AnyRows), typeof(WeightDropout))]
    internal readonly struct Kernel<TRows, TDropout>(
        ArrayView<float> query, ArrayView<float> key, ArrayView<float> value, ArrayView<int> keyRow, ArrayView<int> start,
            ArrayView<int> mask,
        ArrayView<float> output, AttentionShape shape) : IDeviceKernel
        where TRows : struct, IRowReader
        where TDropout : struct, IWeightDropout
    {
        public void Run()
        {
            var pieces = SharedMemory.Allocate<Floats4>((WeightsAt + (Queries * WeightStride)) / 4);
            var shared = pieces.Cast<float>();
            var (own, column) = (Group.IdxX >> 4 << 2, Group.IdxX & 15);
            var queryTiles = (shape.QueryTokens + Queries - 1) / Queries;
            var firstQuery = Grid.IdxX % queryTiles * Queries;
            var head = Grid.IdxX / queryTiles % shape.Heads;
            var row = Grid.IdxX / queryTiles / shape.Heads;
            var inHead = head * shape.HeadDim;
            var tokens = ((long)row * shape.QueryTokens) + firstQuery;
            Turn<TRows>(
                query.SubView((tokens * shape.QueryStride) + shape.QueryOffset + inHead), shape.QueryStride, shape.QueryTokens - firstQuery,
                    Queries,
                shape.HeadDim, shared, 0, QueryStride);

            var first = AttentionPortable.Token(keyRow, shape, row, 0);
            var keys = key.SubView((first * shape.KeyStride) + shape.KeyOffset + inHead);
            var values = value.SubView((first * shape.ValueStride) + shape.ValueOffset + inHead);
            var marks = mask.SubView(mask.Length > 0 ? (long)row * shape.KeyTokens : 0L);
            var place = ((((((long)row * shape.Heads) + head) * shape.QueryTokens) + firstQuery + own) * shape.KeyTokens) + column;
            var last = shape.QueryTokens - 1;
            var visible = AttentionPortable.Visible(start, shape, row, IntrinsicMath.Min(firstQuery + Queries - 1, last));
            var (visible0, visible1, visible2, visible3) = (
                AttentionPortable.Visible(start, shape, row, firstQuery + own),
                    AttentionPortable.Visible(start, shape, row, firstQuery + own + 1),
                AttentionPortable.Visible(start, shape, row, firstQuery + own + 2),
                    AttentionPortable.Visible(start, shape, row, firstQuery + own + 3));

            Floats4 out0 = default, out1 = default, out2 = default, out3 = default;
            var largest = new Floats4 { X = float.MinValue, Y = float.MinValue, Z = float.MinValue, W = float.MinValue };
            Floats4 totals = default;
            for (var block = 0; block < visible; block += Keys)
            {
                Group.Barrier();
                Turn<TRows>(keys.SubView((long)block * shape.KeyStride), shape.KeyStride, shape.KeyTokens - block, Keys, shape.HeadDim,
                    shared, KeysAt, KeyStride);
                LoadToShared<TRows>(values.SubView((long)block * shape.ValueStride), shape.ValueStride, shape.KeyTokens - block,
                    shape.HeadDim, pieces);
                Group.Barrier();

                Floats4 near = default, far = default;
                for (var d = 0; d < MaxHeadDim; d++)
                {
                    var q = pieces[((d * QueryStride) + own) >> 2];
                    near = MultiplyAdd(shared[KeysAt + (d * KeyStride) + column], q, near);
                    far = MultiplyAdd(shared[KeysAt + (d * KeyStride) + column + 16], q, far);
                }
                var key0 = block + column;
                var s0 = Score(near.X, far.X, shape.Scale, key0, visible0, marks, mask.Length > 0);
                var s1 = Score(near.Y, far.Y, shape.Scale, key0, visible1, marks, mask.Length > 0);
                var s2 = Score(near.Z, far.Z, shape.Scale, key0, visible2, marks, mask.Length > 0);
                var s3 = Score(near.W, far.W, shape.Scale, key0, visible3, marks, mask.Length > 0);
                var before = largest;
                largest = new Floats4
                {
                    X = IntrinsicMath.Max(before.X, Largest(IntrinsicMath.Max(s0.X, s0.Y))),
                    Y = IntrinsicMath.Max(before.Y, Largest(IntrinsicMath.Max(s1.X, s1.Y))),
                    Z = IntrinsicMath.Max(before.Z, Largest(IntrinsicMath.Max(s2.X, s2.Y))),
                    W = IntrinsicMath.Max(before.W, Largest(IntrinsicMath.Max(s3.X, s3.Y))),
                };
                var shrinks = new Floats4
                {
                    X = Maths.Exp(before.X - largest.X),
                    Y = Maths.Exp(before.Y - largest.Y),
                    Z = Maths.Exp(before.Z - largest.Z),
                    W = Maths.Exp(before.W - largest.W),
                };
                totals = new Floats4
                {
                    X = (totals.X * shrinks.X) + Weigh<TDropout>(shared, own, column, s0, largest.X, shape, place + block),
                    Y = (totals.Y * shrinks.Y) + Weigh<TDropout>(
                        shared, own + 1, column, s1, largest.Y, shape, place + shape.KeyTokens + block),
                    Z = (totals.Z * shrinks.Z) + Weigh<TDropout>(
                        shared, own + 2, column, s2, largest.Z, shape, place + (2L * shape.KeyTokens) + block),
                    W = (totals.W * shrinks.W) + Weigh<TDropout>(
                        shared, own + 3, column, s3, largest.W, shape, place + (3L * shape.KeyTokens) + block),
                };
                Group.Barrier();

                out0 = Times(out0, shrinks.X);
                out1 = Times(out1, shrinks.Y);
                out2 = Times(out2, shrinks.Z);
                out3 = Times(out3, shrinks.W);
                for (var j = 0; j < Keys; j += 4)
                {
                    var v0 = pieces[(ValuesAt + (j * MaxHeadDim) + (column * 4)) >> 2];
                    var v1 = pieces[(ValuesAt + ((j + 1) * MaxHeadDim) + (column * 4)) >> 2];
                    var v2 = pieces[(ValuesAt + ((j + 2) * MaxHeadDim) + (column * 4)) >> 2];
                    var v3 = pieces[(ValuesAt + ((j + 3) * MaxHeadDim) + (column * 4)) >> 2];
                    out0 = MultiplyAdd(pieces[(WeightsAt + (own * WeightStride) + j) >> 2], v0, v1, v2, v3, out0);
                    out1 = MultiplyAdd(pieces[(WeightsAt + ((own + 1) * WeightStride) + j) >> 2], v0, v1, v2, v3, out1);
                    out2 = MultiplyAdd(pieces[(WeightsAt + ((own + 2) * WeightStride) + j) >> 2], v0, v1, v2, v3, out2);
                    out3 = MultiplyAdd(pieces[(WeightsAt + ((own + 3) * WeightStride) + j) >> 2], v0, v1, v2, v3, out3);
                }
            }

            var width = shape.Heads * shape.HeadDim;
            var to = output.SubView((tokens * width) + inHead);
            var queriesLeft = shape.QueryTokens - firstQuery - own;
            Store(to, own * width, column * 4, shape.HeadDim, queriesLeft, out0, totals.X);
            Store(to, (own + 1) * width, column * 4, shape.HeadDim, queriesLeft - 1, out1, totals.Y);
            Store(to, (own + 2) * width, column * 4, shape.HeadDim, queriesLeft - 2, out2, totals.Z);
            Store(to, (own + 3) * width, column * 4, shape.HeadDim, queriesLeft - 3, out3, totals.W);
        }
    }

    // Tokens become columns. Zeros follow a token's end. Missing tokens repeat the last one; their results are unused.
    private static void Turn<TRows>(
        ArrayView<float> from, int stride, int tokens, int count, int headDim, ArrayView<float> shared, int at, int distance)
        where TRows : struct, IRowReader
    {
        var piece = (Group.IdxX & 15) * 4;
        for (var token = Group.IdxX >> 4; token < count; token += Threads / 16)
        {
            var four = TRows.Read4(from, (IntrinsicMath.Min(token, tokens - 1) * stride) + piece, headDim - piece);
            shared[at + (piece * distance) + token] = four.X;
            shared[at + ((piece + 1) * distance) + token] = four.Y;
            shared[at + ((piece + 2) * distance) + token] = four.Z;
            shared[at + ((piece + 3) * distance) + token] = four.W;
        }
    }

    private static void LoadToShared<TRows>(ArrayView<float> from, int stride, int tokens, int headDim, ArrayView<Floats4> shared)
        where TRows : struct, IRowReader
    {
        var piece = (Group.IdxX & 15) * 4;
        for (var token = Group.IdxX >> 4; token < Keys; token += Threads / 16)
        {
            var source = IntrinsicMath.Min(token, tokens - 1);
            shared[(ValuesAt + (token * MaxHeadDim) + piece) >> 2] = TRows.Read4(from, (source * stride) + piece, headDim - piece);
        }
    }

    private static Floats2 Score(float near, float far, float scale, int key, int visible, ArrayView<int> marks, bool masked) =>
        new() { X = Score(near * scale, key, visible, marks, masked), Y = Score(far * scale, key + 16, visible, marks, masked) };

    // Unseen keys get no weight, padding the smallest finite score.
    private static float Score(float score, int key, int visible, ArrayView<int> marks, bool masked)
    {
        if (key >= visible)
            return float.NegativeInfinity;
        return masked && marks[key] == 0 ? float.MinValue : score;
    }

    // Writes a row's two weights after dropout. Returns the block's sum before it in each of the row's 16 threads.
    private static float Weigh<TDropout>(
        ArrayView<float> shared, int row, int column, Floats2 scores, float largest, AttentionShape shape, long place)
        where TDropout : struct, IWeightDropout
    {
        var (near, far) = (Maths.Exp(scores.X - largest), Maths.Exp(scores.Y - largest));
        shared[WeightsAt + (row * WeightStride) + column] = TDropout.Apply(near, shape, place);
        shared[WeightsAt + (row * WeightStride) + column + 16] = TDropout.Apply(far, shape, place + 16);
        var sum = near + far;
        sum += Warp.ShuffleXor(sum, 1);
        sum += Warp.ShuffleXor(sum, 2);
        sum += Warp.ShuffleXor(sum, 4);
        return sum + Warp.ShuffleXor(sum, 8);
    }

    private static float Largest(float value)
    {
        value = IntrinsicMath.Max(value, Warp.ShuffleXor(value, 1));
        value = IntrinsicMath.Max(value, Warp.ShuffleXor(value, 2));
        value = IntrinsicMath.Max(value, Warp.ShuffleXor(value, 4));
        return IntrinsicMath.Max(value, Warp.ShuffleXor(value, 8));
    }

    private static Floats4 MultiplyAdd(float x, Floats4 y, Floats4 sums) => new()
    {
        X = Fused.MultiplyAdd(x, y.X, sums.X),
        Y = Fused.MultiplyAdd(x, y.Y, sums.Y),
        Z = Fused.MultiplyAdd(x, y.Z, sums.Z),
        W = Fused.MultiplyAdd(x, y.W, sums.W),
    };

    private static Floats4 MultiplyAdd(Floats4 weights, Floats4 v0, Floats4 v1, Floats4 v2, Floats4 v3, Floats4 sums) =>
        MultiplyAdd(weights.W, v3, MultiplyAdd(weights.Z, v2, MultiplyAdd(weights.Y, v1, MultiplyAdd(weights.X, v0, sums))));

    private static Floats4 Times(Floats4 a, float factor) => new()
    {
        X = a.X * factor,
        Y = a.Y * factor,
        Z = a.Z * factor,
        W = a.W * factor,
    };

    private static void Store(ArrayView<float> to, int at, int d, int headDim, int queriesLeft, Floats4 sums, float total)
    {
        if (queriesLeft <= 0)
            return;
        if (d < headDim)
            to[at + d] = sums.X / total;
        if (d + 1 < headDim)
            to[at + d + 1] = sums.Y / total;
        if (d + 2 < headDim)
            to[at + d + 2] = sums.Z / total;
        if (d + 3 < headDim)
            to[at + d + 3] = sums.W / total;
    }
}
