using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// One group per query of a head. For each block of keys the work-items share the scores, then the output elements.
/// All read the maximum and sum in one order.
/// </summary>
internal static class AttentionPortable
{
    private const int KeyBlock = 64;

    public static void Run(Device device, in AttentionArgs args)
    {
        if (Dropout.Limit(args.Dropout) == 0)
            Run<KeptWeights>(device, args);
        else
            Run<WeightDropout>(device, args);
    }

    private static void Run<TDropout>(Device device, in AttentionArgs args)
        where TDropout : struct, IWeightDropout =>
        device.Launch(
            new KernelConfig(checked(args.Rows * args.Heads * args.QueryTokens), device.GroupSize),
            new Kernel<TDropout>(
                args.Query, args.Key, args.Value, device.OrEmpty(args.KeyRow), device.OrEmpty(args.Start), device.OrEmpty(args.Mask),
                args.Output, device.OrEmpty(args.Probabilities), AttentionShape.Of(args)));

    [Kernel(typeof(KeptWeights)), Kernel(typeof(WeightDropout))]
    internal readonly struct Kernel<TDropout>(
        ArrayView<float> query, ArrayView<float> key, ArrayView<float> value, ArrayView<int> keyRow, ArrayView<int> start,
        ArrayView<int> mask, ArrayView<float> output, ArrayView<float> probabilities, AttentionShape shape) : IDeviceKernel
        where TDropout : struct, IWeightDropout
    {
        public void Run()
        {
            var q = SharedMemory.Allocate<float>(Attention.MaxHeadDim);
            var sums = SharedMemory.Allocate<float>(Attention.MaxHeadDim);
            var weights = SharedMemory.Allocate<float>(KeyBlock);
            // The sum covers all weights; values are multiplied by the kept ones.
            var kept = SharedMemory.Allocate<float>(KeyBlock);

            var token = Grid.IdxX % shape.QueryTokens;
            var head = Grid.IdxX / shape.QueryTokens % shape.Heads;
            var row = Grid.IdxX / shape.QueryTokens / shape.Heads;
            var visible = Visible(start, shape, row, token);
            var inHead = head * shape.HeadDim;
            var from = ((((long)row * shape.QueryTokens) + token) * shape.QueryStride) + shape.QueryOffset + inHead;
            for (var d = Group.IdxX; d < shape.HeadDim; d += Group.DimX)
            {
                q[d] = query[from + d];
                sums[d] = 0f;
            }
            Barrier();

            var weightRow = ((((long)row * shape.Heads) + head) * shape.QueryTokens + token) * shape.KeyTokens;
            var largest = float.NegativeInfinity;
            var total = 0f;
            for (var block = 0; block < visible; block += KeyBlock)
            {
                var keys = IntrinsicMath.Min(visible - block, KeyBlock);
                for (var j = Group.IdxX; j < keys; j += Group.DimX)
                    weights[j] = Score(q, key, keyRow, mask, shape, row, block + j, inHead);
                Barrier();

                var before = largest;
                for (var j = 0; j < keys; j++)
                    largest = IntrinsicMath.Max(largest, weights[j]);
                // All work-items read the scores first.
                Barrier();
                for (var j = Group.IdxX; j < keys; j += Group.DimX)
                {
                    weights[j] = Maths.Exp(weights[j] - largest);
                    kept[j] = TDropout.Apply(weights[j], shape, weightRow + block + j);
                }
                Barrier();

                var correction = block == 0 ? 0f : Maths.Exp(before - largest);
                var sum = 0f;
                for (var j = 0; j < keys; j++)
                    sum += weights[j];
                total = (total * correction) + sum;
                for (var d = Group.IdxX; d < shape.HeadDim; d += Group.DimX)
                {
                    var element = sums[d] * correction;
                    for (var j = 0; j < keys; j++)
                    {
                        var source = Token(keyRow, shape, row, block + j);
                        element += kept[j] * value[(source * shape.ValueStride) + shape.ValueOffset + inHead + d];
                    }
                    sums[d] = element;
                }
                Barrier();
            }

            var to = ((((long)row * shape.QueryTokens) + token) * shape.Heads * shape.HeadDim) + inHead;
            for (var d = Group.IdxX; d < shape.HeadDim; d += Group.DimX)
                output[to + d] = sums[d] / total;

            if (probabilities.Length == 0)
                return;
            for (var j = Group.IdxX; j < shape.KeyTokens; j += Group.DimX)
            {
                probabilities[weightRow + j] = j < visible
                    ? Maths.Exp(Score(q, key, keyRow, mask, shape, row, j, inHead) - largest) / total
                    : 0f;
            }
        }
    }

    private static void Barrier()
    {
        if (Group.DimX > 1)
            Group.Barrier();
    }

    internal static int Visible(ArrayView<int> start, AttentionShape shape, int row, int token)
    {
        if (shape.Causal == 0)
            return shape.KeyTokens;
        var position = (start.Length > 0 ? start[row] : 0) + token;
        return IntrinsicMath.Clamp(position + 1, 1, shape.KeyTokens);
    }

    internal static long Token(ArrayView<int> keyRow, AttentionShape shape, int row, int j)
    {
        var from = row;
        if (shape.KeyRows == AttentionShape.PerRow)
            from = IntrinsicMath.Clamp(keyRow[row], 0, shape.KeyRowCount - 1);
        else if (shape.KeyRows == AttentionShape.PerPosition)
            from = IntrinsicMath.Clamp(keyRow[((long)row * shape.KeyCapacity) + j], 0, shape.KeyRowCount - 1);
        return ((long)from * shape.KeyCapacity) + j;
    }

    private static float Score(
        ArrayView<float> q, ArrayView<float> key, ArrayView<int> keyRow, ArrayView<int> mask, AttentionShape shape, int row, int j,
            int inHead)
    {
        if (mask.Length > 0 && mask[((long)row * shape.KeyTokens) + j] == 0)
            return float.MinValue;
        var from = (Token(keyRow, shape, row, j) * shape.KeyStride) + shape.KeyOffset + inHead;
        var score = 0f;
        for (var d = 0; d < shape.HeadDim; d++)
            score += q[d] * key[from + d];
        return score * shape.Scale;
    }
}
