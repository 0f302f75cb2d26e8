using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using Blip.Kernels.Ptx;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// CUDA, many queries, heads of up to 64 elements, in 16 bits with sums in single precision (Dao 2023, "FlashAttention-2"). A group of 4 warps has
/// 64 queries of a head, a warp 16 of them, whose fragments stay in registers; keys and values come to shared memory 64 at a time and are
/// rounded on their way. Scores become the left factor of the second product where they are: the registers of one are those of the other.
/// Not run on a GPU yet.
/// </summary>
internal static class AttentionTensorCore
{
    /// <summary>Elements of a head that fit; smaller heads are filled up with zeros.</summary>
    public const int MaxHeadDim = 64;

    private const int Threads = 128, Queries = 64, Keys = 64, Row = 128, Tile = Keys * Row;

    private const float Log2E = 1.44269504f;

    /// <summary>Whether it takes this one.</summary>
    public static bool Takes(in AttentionArgs args) =>
        args.HeadDim <= MaxHeadDim && args.Probabilities.Length == 0 && (args.KeyRow.Length == 0 || args.KeyRow.Length == args.Rows);

    public static void Run<TPrecision, TRows>(Device device, in AttentionArgs args)
        where TPrecision : struct, IMatrixPrecision
        where TRows : struct, IRowReader =>
        device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<float>, AttentionShape>(
            Kernel<TPrecision, TRows>)(
            device.Stream, Launch(args),
            args.Query, args.Key, args.Value, device.OrEmpty(args.KeyRow), device.OrEmpty(args.Start), device.OrEmpty(args.Mask), args.Output,
            AttentionShape.Of(args));

    /// <summary>Groups and their size.</summary>
    public static KernelConfig Launch(in AttentionArgs args) => new(checked(args.Rows * args.Heads * ((args.QueryTokens + Queries - 1) / Queries)), Threads);

    [LaunchBounds(Threads, 3)]
    [Kernel(typeof(Float16Matrix), typeof(AlignedRows)), Kernel(typeof(Float16Matrix), typeof(AnyRows))]
    [Kernel(typeof(BFloat16Matrix), typeof(AlignedRows), Architecture = 80), Kernel(typeof(BFloat16Matrix), typeof(AnyRows), Architecture = 80)]
    internal static void Kernel<TPrecision, TRows>(
        ArrayView<float> query, ArrayView<float> key, ArrayView<float> value, ArrayView<int> keyRow, ArrayView<int> start, ArrayView<int> mask,
        ArrayView<float> output, AttentionShape shape)
        where TPrecision : struct, IMatrixPrecision
        where TRows : struct, IRowReader
    {
        var shared = SharedMemory.Allocate<Bits4>(3 * Tile / 16);
        var memory = TensorCore.AddressOf(ref shared[0]);
        var (lane, warp) = (Group.IdxX & 31, Group.IdxX >> 5);
        var (group, member) = (lane >> 2, lane & 3);

        var queryTiles = (shape.QueryTokens + Queries - 1) / Queries;
        var firstQuery = Grid.IdxX % queryTiles * Queries;
        var head = Grid.IdxX / queryTiles % shape.Heads;
        var row = Grid.IdxX / queryTiles / shape.Heads;
        var inHead = head * shape.HeadDim;
        var tokens = ((long)row * shape.QueryTokens) + firstQuery;
        Bring<TPrecision, TRows>(
            query.SubView((tokens * shape.QueryStride) + shape.QueryOffset + inHead), shape.QueryStride, shape.QueryTokens - firstQuery, shape.HeadDim, shared, 0);
        Group.Barrier();

        // A warp's 16 queries, 16 elements at a time; a row of shared memory is eight pieces, swizzled by the row.
        var readQuery = memory + (uint)((((warp * 16) + (lane & 15)) * Row) + (((lane >> 4) ^ (lane & 7)) << 4));
        var q0 = TensorCore.LoadMatrices(readQuery);
        var q1 = TensorCore.LoadMatrices(readQuery ^ 32);
        var q2 = TensorCore.LoadMatrices(readQuery ^ 64);
        var q3 = TensorCore.LoadMatrices(readQuery ^ 96);
        var readKey = memory + (uint)(Tile + ((((lane >> 4) << 3) + (lane & 7)) * Row) + ((((lane >> 3) & 1) ^ (lane & 7)) << 4));
        var readValue = memory + (uint)((2 * Tile) + ((lane & 15) * Row) + (((lane >> 4) ^ (lane & 7)) << 4));

        var first = AttentionPortable.Token(keyRow, shape, row, 0);
        var keys = key.SubView((first * shape.KeyStride) + shape.KeyOffset + inHead);
        var values = value.SubView((first * shape.ValueStride) + shape.ValueOffset + inHead);
        var upper = AttentionPortable.Visible(start, shape, row, firstQuery + (warp * 16) + group);
        var lower = AttentionPortable.Visible(start, shape, row, firstQuery + (warp * 16) + group + 8);
        var visible = AttentionPortable.Visible(start, shape, row, IntrinsicMath.Min(firstQuery + Queries, shape.QueryTokens) - 1);
        var marks = mask.SubView(mask.Length > 0 ? (long)row * shape.KeyTokens : 0L);
        var scale = shape.Scale * Log2E;

        MatrixTile16 left = default, right = default;
        float upperMax = float.NegativeInfinity, lowerMax = float.NegativeInfinity, upperSum = 0, lowerSum = 0;
        for (var block = 0; block < visible; block += Keys)
        {
            Group.Barrier();
            Bring<TPrecision, TRows>(keys.SubView((long)block * shape.KeyStride), shape.KeyStride, shape.KeyTokens - block, shape.HeadDim, shared, Tile / 16);
            Bring<TPrecision, TRows>(values.SubView((long)block * shape.ValueStride), shape.ValueStride, shape.KeyTokens - block, shape.HeadDim, shared, 2 * Tile / 16);
            Group.Barrier();

            MatrixTile16 near = default, far = default;
            near = MatrixTile16.MultiplyAdd<TPrecision>(q0, LoadKeys(readKey), near);
            far = MatrixTile16.MultiplyAdd<TPrecision>(q0, LoadKeys(readKey + (32 * Row)), far);
            near = MatrixTile16.MultiplyAdd<TPrecision>(q1, LoadKeys(readKey ^ 32), near);
            far = MatrixTile16.MultiplyAdd<TPrecision>(q1, LoadKeys((readKey ^ 32) + (32 * Row)), far);
            near = MatrixTile16.MultiplyAdd<TPrecision>(q2, LoadKeys(readKey ^ 64), near);
            far = MatrixTile16.MultiplyAdd<TPrecision>(q2, LoadKeys((readKey ^ 64) + (32 * Row)), far);
            near = MatrixTile16.MultiplyAdd<TPrecision>(q3, LoadKeys(readKey ^ 96), near);
            far = MatrixTile16.MultiplyAdd<TPrecision>(q3, LoadKeys((readKey ^ 96) + (32 * Row)), far);

            near = near.Times(scale);
            far = far.Times(scale);
            if (block + Keys > shape.KeyTokens || shape.Causal != 0 || mask.Length > 0)
            {
                near = Hide(near, block + (2 * member), upper, lower, marks, mask.Length > 0);
                far = Hide(far, block + 32 + (2 * member), upper, lower, marks, mask.Length > 0);
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

            AddValues<TPrecision>(Weights<TPrecision>(near.A, near.B), readValue, ref left, ref right);
            AddValues<TPrecision>(Weights<TPrecision>(near.C, near.D), readValue + (16 * Row), ref left, ref right);
            AddValues<TPrecision>(Weights<TPrecision>(far.A, far.B), readValue + (32 * Row), ref left, ref right);
            AddValues<TPrecision>(Weights<TPrecision>(far.C, far.D), readValue + (48 * Row), ref left, ref right);
        }

        var (upperScale, lowerScale) = (1f / OfFour(upperSum, 1), 1f / OfFour(lowerSum, 1));
        left = left.Times(upperScale, lowerScale);
        right = right.Times(upperScale, lowerScale);
        var width = shape.Heads * shape.HeadDim;
        var token = (warp * 16) + group;
        var to = output.SubView((tokens * width) + inHead);
        if (firstQuery + token < shape.QueryTokens)
        {
            Store(to, (token * width) + (2 * member), shape.HeadDim - (2 * member), left.A.X, left.A.Y, left.B.X, left.B.Y, left.C.X, left.C.Y, left.D.X, left.D.Y);
            Store(to, (token * width) + 32 + (2 * member), shape.HeadDim - 32 - (2 * member), right.A.X, right.A.Y, right.B.X, right.B.Y, right.C.X, right.C.Y, right.D.X, right.D.Y);
        }
        if (firstQuery + token + 8 < shape.QueryTokens)
        {
            Store(to, ((token + 8) * width) + (2 * member), shape.HeadDim - (2 * member), left.A.Z, left.A.W, left.B.Z, left.B.W, left.C.Z, left.C.W, left.D.Z, left.D.W);
            Store(to, ((token + 8) * width) + 32 + (2 * member), shape.HeadDim - 32 - (2 * member), right.A.Z, right.A.W, right.B.Z, right.B.W, right.C.Z, right.C.W, right.D.Z, right.D.W);
        }
    }

    // 64 tokens of a head, eight elements per piece; zeros where there are no more tokens or elements.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Bring<TPrecision, TRows>(ArrayView<float> from, int stride, int tokens, int headDim, ArrayView<Bits4> shared, int tile)
        where TPrecision : struct, IMatrixPrecision
        where TRows : struct, IRowReader
    {
        var (first, piece) = (Group.IdxX >> 3, Group.IdxX & 7);
        for (var token = first; token < Keys; token += Threads / 8)
        {
            var left = token < tokens ? headDim - (piece * 8) : 0;
            var at = token < tokens ? (token * stride) + (piece * 8) : 0;
            var low = TRows.Read4(from, at, left);
            var high = TRows.Read4(from, at + 4, left - 4);
            shared[tile + (token * (Row / 16)) + (piece ^ (token & 7))] = new Bits4
            {
                X = TPrecision.Pack(low.X, low.Y),
                Y = TPrecision.Pack(low.Z, low.W),
                Z = TPrecision.Pack(high.X, high.Y),
                W = TPrecision.Pack(high.Z, high.W),
            };
        }
    }

    // 32 keys, 16 elements of each: rows of shared memory are columns of the product.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static MatrixColumns LoadKeys(uint address) => MatrixColumns.Of(TensorCore.LoadMatrices(address), TensorCore.LoadMatrices(address + (16 * Row)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Bits4 Weights<TPrecision>(Floats4 near, Floats4 far)
        where TPrecision : struct, IMatrixPrecision => new()
        {
            X = TPrecision.Pack(near.X, near.Y),
            Y = TPrecision.Pack(near.Z, near.W),
            Z = TPrecision.Pack(far.X, far.Y),
            W = TPrecision.Pack(far.Z, far.W),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddValues<TPrecision>(Bits4 weights, uint address, ref MatrixTile16 left, ref MatrixTile16 right)
        where TPrecision : struct, IMatrixPrecision
    {
        left = MatrixTile16.MultiplyAdd<TPrecision>(weights, MatrixColumns.Of(TensorCore.LoadTransposed(address), TensorCore.LoadTransposed(address ^ 32)), left);
        right = MatrixTile16.MultiplyAdd<TPrecision>(weights, MatrixColumns.Of(TensorCore.LoadTransposed(address ^ 64), TensorCore.LoadTransposed(address ^ 96)), right);
    }

    // Keys that are not seen get no weight, padding as little as can be.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static MatrixTile16 Hide(MatrixTile16 scores, int key, int upper, int lower, ArrayView<int> marks, bool masked) => new()
    {
        A = Hide(scores.A, key, upper, lower, marks, masked),
        B = Hide(scores.B, key + 8, upper, lower, marks, masked),
        C = Hide(scores.C, key + 16, upper, lower, marks, masked),
        D = Hide(scores.D, key + 24, upper, lower, marks, masked),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Floats4 Hide(Floats4 scores, int key, int upper, int lower, ArrayView<int> marks, bool masked) => new()
    {
        X = Hide(scores.X, key, upper, marks, masked),
        Y = Hide(scores.Y, key + 1, upper, marks, masked),
        Z = Hide(scores.Z, key, lower, marks, masked),
        W = Hide(scores.W, key + 1, lower, marks, masked),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Hide(float score, int key, int visible, ArrayView<int> marks, bool masked)
    {
        if (key >= visible)
            return float.NegativeInfinity;
        return masked && marks[key] == 0 ? float.MinValue : score;
    }

    // Of the four threads that share a row of a fragment: the largest value, or the sum.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float OfFour(float value, int sums)
    {
        var other = Warp.ShuffleXor(value, 1);
        value = sums != 0 ? value + other : IntrinsicMath.Max(value, other);
        other = Warp.ShuffleXor(value, 2);
        return sums != 0 ? value + other : IntrinsicMath.Max(value, other);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ArrayView<float> to, int at, int left, float a0, float a1, float b0, float b1, float c0, float c1, float d0, float d1)
    {
        Store(to, at, left, a0, a1);
        Store(to, at + 8, left - 8, b0, b1);
        Store(to, at + 16, left - 16, c0, c1);
        Store(to, at + 24, left - 24, d0, d1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ArrayView<float> to, int at, int left, float first, float second)
    {
        if (left > 0)
            to[at] = first;
        if (left > 1)
            to[at + 1] = second;
    }
}
