using Blip.Kernels.Devices;
using Blip.Kernels.Ptx;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// CUDA, many queries, heads of up to 64 elements, in 16 bits with sums in single precision (Dao 2023, "FlashAttention-2"). A group of
/// 4 warps has 64 queries of a head. A warp keeps the fragments of 16 in registers. Shared memory holds two blocks of 64 keys and values:
/// one is multiplied while the next arrives, by background copies (<see cref="Inputs16"/>) or rounded on its way.
/// Scores become the second product's left factor in the same registers.
/// </summary>
internal static class AttentionTensorCore
{
    /// <summary>Smaller heads are padded with zeros.</summary>
    public const int MaxHeadDim = 64;

    private const int Threads = 128, Queries = 64, Keys = 64;

    // In bytes: eight elements; a token; 64 tokens; a block's keys and values. Queries begin in the second of two blocks.
    private const int Piece = 16, Row = 128, Tile = Keys * Row, Block = 2 * Tile;

    private const float Log2E = 1.44269504f;

    public static bool Supports(in AttentionArgs args) =>
        args.HeadDim <= MaxHeadDim && args.Probabilities.Length == 0 && (args.KeyRow.Length == 0 || args.KeyRow.Length == args.Rows);

    public static void Run<TPrecision, TInputs>(Device device, in AttentionArgs args)
        where TPrecision : struct, IMatrixPrecision
        where TInputs : struct, IMatrixInputs =>
        Run<TPrecision, TInputs, KeptWeights>(device, args);

    public static void RunDropout<TPrecision, TInputs>(Device device, in AttentionArgs args)
        where TPrecision : struct, IMatrixPrecision
        where TInputs : struct, IMatrixInputs =>
        Run<TPrecision, TInputs, WeightDropout>(device, args);

    private static void Run<TPrecision, TInputs, TDropout>(Device device, in AttentionArgs args)
        where TPrecision : struct, IMatrixPrecision
        where TInputs : struct, IMatrixInputs
        where TDropout : struct, IWeightDropout =>
        device.Launch(
            Launch(args),
            new Kernel<TPrecision, TInputs, TDropout>(
                args.Query, args.Key, args.Value, device.OrEmpty(args.KeyRow), device.OrEmpty(args.Start), device.OrEmpty(args.Mask),
                    args.Output,
                AttentionShape.Of(args)));

    public static KernelConfig Launch(in AttentionArgs args) =>
        new(checked(args.Rows * args.Heads * ((args.QueryTokens + Queries - 1) / Queries)), Threads);

    [LaunchBounds(Threads, 3)]
    [Kernel(typeof(Matrix16<Float16Format>), typeof(RoundedInputs<AlignedRows>), typeof(KeptWeights))]
    [Kernel(typeof(Matrix16<Float16Format>), typeof(RoundedInputs<AnyRows>), typeof(KeptWeights))]
    [Kernel(typeof(Matrix16<Float16Format>), typeof(Inputs16), typeof(KeptWeights))]
    [Kernel(typeof(Matrix16<BFloat16Format>), typeof(RoundedInputs<AlignedRows>), typeof(KeptWeights), Architecture = 80)]
    [Kernel(typeof(Matrix16<BFloat16Format>), typeof(RoundedInputs<AnyRows>), typeof(KeptWeights), Architecture = 80)]
    [Kernel(typeof(Matrix16<BFloat16Format>), typeof(Inputs16), typeof(KeptWeights), Architecture = 80)]
    [Kernel(typeof(Matrix16<Float16Format>), typeof(RoundedInputs<AlignedRows>), typeof(WeightDropout))]
    [Kernel(typeof(Matrix16<Float16Format>), typeof(RoundedInputs<AnyRows>), typeof(WeightDropout))]
    [Kernel(typeof(Matrix16<BFloat16Format>), typeof(RoundedInputs<AlignedRows>), typeof(WeightDropout), Architecture = 80)]
    [Kernel(typeof(Matrix16<BFloat16Format>), typeof(RoundedInputs<AnyRows>), typeof(WeightDropout), Architecture = 80)]
    internal readonly struct Kernel<TPrecision, TInputs, TDropout>(
        ArrayView<float> query, ArrayView<float> key, ArrayView<float> value, ArrayView<int> keyRow, ArrayView<int> start,
            ArrayView<int> mask,
        ArrayView<float> output, AttentionShape shape) : IDeviceKernel
        where TPrecision : struct, IMatrixPrecision
        where TInputs : struct, IMatrixInputs
        where TDropout : struct, IWeightDropout
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<Bits4>(2 * Block / 16);
            var memory = TensorCore.AddressOf(ref shared[0]);
            var (lane, warp) = (Group.IdxX & 31, Group.IdxX >> 5);
            var (group, member) = (lane >> 2, lane & 3);

            var queryTiles = (shape.QueryTokens + Queries - 1) / Queries;
            var firstQuery = Grid.IdxX % queryTiles * Queries;
            var head = Grid.IdxX / queryTiles % shape.Heads;
            var row = Grid.IdxX / queryTiles / shape.Heads;
            var inHead = head * shape.HeadDim;
            var tokens = ((long)row * shape.QueryTokens) + firstQuery;
            var first = AttentionPortable.Token(keyRow, shape, row, 0);
            var keys = TInputs.From(key, (first * shape.KeyStride) + shape.KeyOffset + inHead);
            var values = TInputs.From(value, (first * shape.ValueStride) + shape.ValueOffset + inHead);
            LoadToShared<TPrecision, TInputs>(
                TInputs.From(query, (tokens * shape.QueryStride) + shape.QueryOffset + inHead), shape.QueryStride,
                    shape.QueryTokens - firstQuery, shape.HeadDim,
                shared, memory, Block / Piece);
            BringBlock<TPrecision, TInputs>(keys, values, shape, 0, shared, memory, 0);
            TensorCore.CommitCopies();
            TensorCore.WaitForCopies0();
            Group.Barrier();

            // 16 elements at a time; a row of shared memory is eight pieces, swizzled by the row.
            var readQuery = memory + Block + (uint)((((warp * 16) + (lane & 15)) * Row) + (((lane >> 4) ^ (lane & 7)) << 4));
            var q0 = TensorCore.LoadMatrices(readQuery);
            var q1 = TensorCore.LoadMatrices(readQuery ^ 32);
            var q2 = TensorCore.LoadMatrices(readQuery ^ 64);
            var q3 = TensorCore.LoadMatrices(readQuery ^ 96);
            var readKey = memory + (uint)(((((lane >> 4) << 3) + (lane & 7)) * Row) + ((((lane >> 3) & 1) ^ (lane & 7)) << 4));
            var readValue = memory + (uint)(Tile + ((lane & 15) * Row) + (((lane >> 4) ^ (lane & 7)) << 4));

            var upper = AttentionPortable.Visible(start, shape, row, firstQuery + (warp * 16) + group);
            var lower = AttentionPortable.Visible(start, shape, row, firstQuery + (warp * 16) + group + 8);
            var visible = AttentionPortable.Visible(start, shape, row, IntrinsicMath.Min(firstQuery + Queries, shape.QueryTokens) - 1);
            var marks = mask.SubView(mask.Length > 0 ? (long)row * shape.KeyTokens : 0L);
            var scale = shape.Scale * Log2E;
            // Index of a thread's first weight in [Rows, Heads, QueryTokens, KeyTokens].
            var ownQuery = ((((long)row * shape.Heads) + head) * shape.QueryTokens) + firstQuery + (warp * 16) + group;
            var place = (ownQuery * shape.KeyTokens) + (2 * member);

            MatrixTile16 left = default, right = default;
            float upperMax = float.NegativeInfinity, lowerMax = float.NegativeInfinity, upperSum = 0, lowerSum = 0;
            var half = 0;
            for (var block = 0; block < visible; block += Keys)
            {
                // This block has arrived, and no thread still reads the memory of the next one.
                TensorCore.WaitForCopies0();
                Group.Barrier();
                if (block + Keys < visible)
                    BringBlock<TPrecision, TInputs>(keys, values, shape, block + Keys, shared, memory, (Block - half) / Piece);
                TensorCore.CommitCopies();

                var (k, v) = (readKey + (uint)half, readValue + (uint)half);
                MatrixTile16 near = default, far = default;
                near = MatrixTile16.MultiplyAdd<TPrecision>(q0, LoadKeys(k), near);
                far = MatrixTile16.MultiplyAdd<TPrecision>(q0, LoadKeys(k + (32 * Row)), far);
                near = MatrixTile16.MultiplyAdd<TPrecision>(q1, LoadKeys(k ^ 32), near);
                far = MatrixTile16.MultiplyAdd<TPrecision>(q1, LoadKeys((k ^ 32) + (32 * Row)), far);
                near = MatrixTile16.MultiplyAdd<TPrecision>(q2, LoadKeys(k ^ 64), near);
                far = MatrixTile16.MultiplyAdd<TPrecision>(q2, LoadKeys((k ^ 64) + (32 * Row)), far);
                near = MatrixTile16.MultiplyAdd<TPrecision>(q3, LoadKeys(k ^ 96), near);
                far = MatrixTile16.MultiplyAdd<TPrecision>(q3, LoadKeys((k ^ 96) + (32 * Row)), far);

                near = near.Times(scale);
                far = far.Times(scale);
                if (block + Keys > shape.KeyTokens || shape.Causal != 0 || mask.Length > 0)
                {
                    near = MaskScores(near, block + (2 * member), upper, lower, marks, mask.Length > 0);
                    far = MaskScores(far, block + 32 + (2 * member), upper, lower, marks, mask.Length > 0);
                }
                var upperNew = IntrinsicMath.Max(upperMax, OfFour(IntrinsicMath.Max(near.UpperMax(), far.UpperMax()), 0));
                var lowerNew = IntrinsicMath.Max(lowerMax, OfFour(IntrinsicMath.Max(near.LowerMax(), far.LowerMax()), 0));
                near = near.Exp2Minus(upperNew, lowerNew);
                far = far.Exp2Minus(upperNew, lowerNew);
                var (upperShrinks, lowerShrinks) = (TensorCore.Exp2(upperMax - upperNew), TensorCore.Exp2(lowerMax - lowerNew));
                (upperMax, lowerMax) = (upperNew, lowerNew);
                upperSum = (upperSum * upperShrinks) + (near.UpperSum() + far.UpperSum());
                lowerSum = (lowerSum * lowerShrinks) + (near.LowerSum() + far.LowerSum());
                left = left.Times(upperShrinks, lowerShrinks);
                right = right.Times(upperShrinks, lowerShrinks);
                near = Drop<TDropout>(near, shape, place + block);
                far = Drop<TDropout>(far, shape, place + block + 32);

                AddValues<TPrecision>(Weights<TPrecision>(near.A, near.B), v, ref left, ref right);
                AddValues<TPrecision>(Weights<TPrecision>(near.C, near.D), v + (16 * Row), ref left, ref right);
                AddValues<TPrecision>(Weights<TPrecision>(far.A, far.B), v + (32 * Row), ref left, ref right);
                AddValues<TPrecision>(Weights<TPrecision>(far.C, far.D), v + (48 * Row), ref left, ref right);
                half = Block - half;
            }

            var (upperScale, lowerScale) = (1f / OfFour(upperSum, 1), 1f / OfFour(lowerSum, 1));
            left = left.Times(upperScale, lowerScale);
            right = right.Times(upperScale, lowerScale);
            var width = shape.Heads * shape.HeadDim;
            var token = (warp * 16) + group;
            var at = ((tokens + token) * width) + inHead + (2 * member);
            if (firstQuery + token < shape.QueryTokens)
            {
                Store<TPrecision>(output, at, shape.HeadDim - (2 * member), shape.Rounds, left.A.X, left.A.Y, left.B.X, left.B.Y, left.C.X,
                    left.C.Y, left.D.X, left.D.Y);
                Store<TPrecision>(
                    output, at + 32, shape.HeadDim - 32 - (2 * member), shape.Rounds, right.A.X, right.A.Y, right.B.X, right.B.Y, right.C.X,
                        right.C.Y, right.D.X, right.D.Y);
            }
            at += 8L * width;
            if (firstQuery + token + 8 < shape.QueryTokens)
            {
                Store<TPrecision>(output, at, shape.HeadDim - (2 * member), shape.Rounds, left.A.Z, left.A.W, left.B.Z, left.B.W, left.C.Z,
                    left.C.W, left.D.Z, left.D.W);
                Store<TPrecision>(
                    output, at + 32, shape.HeadDim - 32 - (2 * member), shape.Rounds, right.A.Z, right.A.W, right.B.Z, right.B.W, right.C.Z,
                        right.C.W, right.D.Z, right.D.W);
            }
        }
    }

    // "to" counts pieces.
    private static void BringBlock<TPrecision, TInputs>(
        ArrayView<float> keys, ArrayView<float> values, AttentionShape shape, int block, ArrayView<Bits4> shared, uint memory, int to)
        where TPrecision : struct, IMatrixPrecision
        where TInputs : struct, IMatrixInputs
    {
        var left = shape.KeyTokens - block;
        LoadToShared<TPrecision, TInputs>(
            TInputs.From(keys, (long)block * shape.KeyStride), shape.KeyStride, left, shape.HeadDim, shared, memory, to);
        LoadToShared<TPrecision, TInputs>(
            TInputs.From(values, (long)block * shape.ValueStride), shape.ValueStride, left, shape.HeadDim, shared, memory,
            to + (Tile / Piece));
    }

    // Eight elements per piece. Zeros follow a token's end. Missing tokens repeat the last one; their results are unused.
    private static void LoadToShared<TPrecision, TInputs>(
        ArrayView<float> from, int stride, int tokens, int headDim, ArrayView<Bits4> shared, uint memory, int tile)
        where TPrecision : struct, IMatrixPrecision
        where TInputs : struct, IMatrixInputs
    {
        var (first, piece) = (Group.IdxX >> 3, Group.IdxX & 7);
        for (var token = first; token < Keys; token += Threads / 8)
        {
            var at = (IntrinsicMath.Min(token, tokens - 1) * stride) + (piece * 8);
            var to = tile + (token * (Row / Piece)) + (piece ^ (token & 7));
            TInputs.End<TPrecision>(TInputs.Begin(from, at, headDim - (piece * 8), memory + (uint)(to * Piece)), shared, to);
        }
    }

    // 32 keys, 16 elements each: rows of shared memory are columns of the product.
    private static MatrixColumns LoadKeys(uint address) =>
        MatrixColumns.Of(TensorCore.LoadMatrices(address), TensorCore.LoadMatrices(address + (16 * Row)));

    private static Bits4 Weights<TPrecision>(Floats4 near, Floats4 far)
        where TPrecision : struct, IMatrixPrecision => new()
        {
            X = TPrecision.Pack(near.X, near.Y),
            Y = TPrecision.Pack(near.Z, near.W),
            Z = TPrecision.Pack(far.X, far.Y),
            W = TPrecision.Pack(far.Z, far.W),
        };

    private static void AddValues<TPrecision>(Bits4 weights, uint address, ref MatrixTile16 left, ref MatrixTile16 right)
        where TPrecision : struct, IMatrixPrecision
    {
        left = MatrixTile16.MultiplyAdd<TPrecision>(
            weights, MatrixColumns.Of(TensorCore.LoadTransposed(address), TensorCore.LoadTransposed(address ^ 32)), left);
        right = MatrixTile16.MultiplyAdd<TPrecision>(
            weights, MatrixColumns.Of(TensorCore.LoadTransposed(address ^ 64), TensorCore.LoadTransposed(address ^ 96)), right);
    }

    // Unseen keys get no weight, padding the smallest finite score.
    private static MatrixTile16 MaskScores(MatrixTile16 scores, int key, int upper, int lower, ArrayView<int> marks, bool masked) => new()
    {
        A = MaskScores(scores.A, key, upper, lower, marks, masked),
        B = MaskScores(scores.B, key + 8, upper, lower, marks, masked),
        C = MaskScores(scores.C, key + 16, upper, lower, marks, masked),
        D = MaskScores(scores.D, key + 24, upper, lower, marks, masked),
    };

    private static Floats4 MaskScores(Floats4 scores, int key, int upper, int lower, ArrayView<int> marks, bool masked) => new()
    {
        X = MaskScores(scores.X, key, upper, marks, masked),
        Y = MaskScores(scores.Y, key + 1, upper, marks, masked),
        Z = MaskScores(scores.Z, key, lower, marks, masked),
        W = MaskScores(scores.W, key + 1, lower, marks, masked),
    };

    // A fragment's lower half is eight queries further.
    private static MatrixTile16 Drop<TDropout>(MatrixTile16 weights, AttentionShape shape, long place)
        where TDropout : struct, IWeightDropout => new()
        {
            A = Drop<TDropout>(weights.A, shape, place),
            B = Drop<TDropout>(weights.B, shape, place + 8),
            C = Drop<TDropout>(weights.C, shape, place + 16),
            D = Drop<TDropout>(weights.D, shape, place + 24),
        };

    private static Floats4 Drop<TDropout>(Floats4 weights, AttentionShape shape, long place)
        where TDropout : struct, IWeightDropout => new()
        {
            X = TDropout.Apply(weights.X, shape, place),
            Y = TDropout.Apply(weights.Y, shape, place + 1),
            Z = TDropout.Apply(weights.Z, shape, place + (8L * shape.KeyTokens)),
            W = TDropout.Apply(weights.W, shape, place + (8L * shape.KeyTokens) + 1),
        };

    private static float MaskScores(float score, int key, int visible, ArrayView<int> marks, bool masked)
    {
        if (key >= visible)
            return float.NegativeInfinity;
        return masked && marks[key] == 0 ? float.MinValue : score;
    }

    // Largest value or sum of the four threads that share a fragment's row.
    private static float OfFour(float value, int sums)
    {
        var other = Warp.ShuffleXor(value, 1);
        value = sums != 0 ? value + other : IntrinsicMath.Max(value, other);
        other = Warp.ShuffleXor(value, 2);
        return sums != 0 ? value + other : IntrinsicMath.Max(value, other);
    }

    private static void Store<TPrecision>(
        ArrayView<float> to, long at, int left, int rounds, float a0, float a1, float b0, float b1, float c0, float c1, float d0, float d1)
        where TPrecision : struct, IMatrixPrecision
    {
        Store<TPrecision>(to, at, left, rounds, a0, a1);
        Store<TPrecision>(to, at + 8, left - 8, rounds, b0, b1);
        Store<TPrecision>(to, at + 16, left - 16, rounds, c0, c1);
        Store<TPrecision>(to, at + 24, left - 24, rounds, d0, d1);
    }

    private static void Store<TPrecision>(ArrayView<float> to, long at, int left, int rounds, float first, float second)
        where TPrecision : struct, IMatrixPrecision
    {
        if (left > 0 && rounds != 0)
            to.Cast<uint>()[at >> 1] = TPrecision.Pack(first, second);
        if (left > 0 && rounds == 0)
            to[at] = first;
        if (left > 1 && rounds == 0)
            to[at + 1] = second;
    }
}
