using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// Three kernels: a group per query of a head for the gradients of its scores, then a work-item per element of the queries' gradient, and one per
/// element of the keys' and values'.
/// </summary>
internal static class AttentionBackwardPortable
{
    public static void Run(Device device, in AttentionBackwardArgs args, ArrayView<float> scores)
    {
        var a = args.Forward;
        var shape = AttentionShape.Of(a);
        var (keyRow, start, mask) = (device.OrEmpty(a.KeyRow), device.OrEmpty(a.Start), device.OrEmpty(a.Mask));
        device.Launch(
            new KernelConfig(checked(a.Rows * a.Heads * a.QueryTokens), device.GroupSize),
            new ScoresKernel(
                a.Value, a.Probabilities, keyRow, start, mask, args.OutputGradient, scores, device.OrEmpty(args.ProbabilityGradient), shape));

        var perItem = device.GroupSize == 1 ? 64 : 1;
        if (args.QueryGradient.Length > 0)
        {
            var count = (long)a.Rows * a.QueryTokens * a.Heads * a.HeadDim;
            device.Launch(
                Elementwise.Launch(device, count, perItem),
                new QueryKernel(
                    a.Key, keyRow, scores, args.QueryGradient, shape, count, perItem));
        }
        if (args.KeyGradient.Length > 0 || args.ValueGradient.Length > 0)
        {
            var count = (long)AttentionBackward.KeyRows(args) * a.KeyTokens * a.Heads * a.HeadDim;
            device.Launch(
                Elementwise.Launch(device, count, perItem),
                new KeyKernel(
                    a.Query, a.Probabilities, keyRow, args.OutputGradient, scores, device.OrEmpty(args.KeyGradient), device.OrEmpty(args.ValueGradient), shape, a.Rows, count, perItem));
        }
    }

    [Kernel]
    internal readonly struct ScoresKernel(
        ArrayView<float> value, ArrayView<float> probabilities, ArrayView<int> keyRow, ArrayView<int> start, ArrayView<int> mask,
        ArrayView<float> outputGradient, ArrayView<float> scores, ArrayView<float> probabilityGradient, AttentionShape shape) : IDeviceKernel
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<float>(Device.MaxGroupSize);
            var token = Grid.IdxX % shape.QueryTokens;
            var head = Grid.IdxX / shape.QueryTokens % shape.Heads;
            var row = Grid.IdxX / shape.QueryTokens / shape.Heads;
            var visible = AttentionPortable.Visible(start, shape, row, token);
            var inHead = head * shape.HeadDim;
            var gradient = ((((long)row * shape.QueryTokens) + token) * shape.Heads * shape.HeadDim) + inHead;
            var weights = ((((long)row * shape.Heads) + head) * shape.QueryTokens + token) * shape.KeyTokens;

            var sum = 0f;
            for (var j = Group.IdxX; j < shape.KeyTokens; j += Group.DimX)
            {
                var product = 0f;
                if (j < visible)
                {
                    var from = (AttentionPortable.Token(keyRow, shape, row, j) * shape.ValueStride) + shape.ValueOffset + inHead;
                    for (var d = 0; d < shape.HeadDim; d++)
                        product += outputGradient[gradient + d] * value[from + d];
                }
                scores[weights + j] = product;
                if (probabilityGradient.Length > 0)
                    probabilityGradient[weights + j] = product;
                sum += probabilities[weights + j] * product;
            }
            sum = GroupReduction.Sum(sum, shared);
            // Each work-item goes on with what it wrote itself.
            for (var j = Group.IdxX; j < shape.KeyTokens; j += Group.DimX)
            {
                var constant = mask.Length > 0 && mask[((long)row * shape.KeyTokens) + j] == 0;
                scores[weights + j] = constant ? 0f : probabilities[weights + j] * (scores[weights + j] - sum);
            }
        }
    }

    [Kernel]
    internal readonly struct QueryKernel(
        ArrayView<float> key, ArrayView<int> keyRow, ArrayView<float> scores, ArrayView<float> queryGradient, AttentionShape shape, long count, int perItem) : IDeviceKernel
    {
        public void Run()
        {
            var first = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
            var end = IntrinsicMath.Min(first + perItem, count);
            var width = shape.Heads * shape.HeadDim;
            for (var i = first; i < end; i++)
            {
                var element = (int)(i % width);
                var query = i / width;
                var row = (int)(query / shape.QueryTokens);
                var token = (int)(query % shape.QueryTokens);
                var from = ((((long)row * shape.Heads) + (element / shape.HeadDim)) * shape.QueryTokens + token) * shape.KeyTokens;
                var sum = 0f;
                for (var j = 0; j < shape.KeyTokens; j++)
                    sum += scores[from + j] * key[(AttentionPortable.Token(keyRow, shape, row, j) * shape.KeyStride) + shape.KeyOffset + element];
                queryGradient[(query * shape.QueryStride) + shape.QueryOffset + element] = sum * shape.Scale;
            }
        }
    }

    [Kernel]
    internal readonly struct KeyKernel(
        ArrayView<float> query, ArrayView<float> probabilities, ArrayView<int> keyRow, ArrayView<float> outputGradient, ArrayView<float> scores,
        ArrayView<float> keyGradient, ArrayView<float> valueGradient, AttentionShape shape, int rows, long count, int perItem) : IDeviceKernel
    {
        public void Run()
        {
            var first = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
            var end = IntrinsicMath.Min(first + perItem, count);
            var width = shape.Heads * shape.HeadDim;
            for (var i = first; i < end; i++)
            {
                var element = (int)(i % width);
                var j = (int)(i / width % shape.KeyTokens);
                var token = (i / width / shape.KeyTokens * shape.KeyCapacity) + j;
                var keySum = 0f;
                var valueSum = 0f;
                for (var row = 0; row < rows; row++)
                {
                    if (AttentionPortable.Token(keyRow, shape, row, j) != token)
                        continue;
                    for (var t = 0; t < shape.QueryTokens; t++)
                    {
                        var weight = ((((long)row * shape.Heads) + (element / shape.HeadDim)) * shape.QueryTokens + t) * shape.KeyTokens + j;
                        var asked = ((long)row * shape.QueryTokens) + t;
                        keySum += scores[weight] * query[(asked * shape.QueryStride) + shape.QueryOffset + element];
                        valueSum += probabilities[weight] * outputGradient[(asked * width) + element];
                    }
                }
                if (keyGradient.Length > 0)
                    keyGradient[(token * shape.KeyStride) + shape.KeyOffset + element] = keySum * shape.Scale;
                if (valueGradient.Length > 0)
                    valueGradient[(token * shape.ValueStride) + shape.ValueOffset + element] = valueSum;
            }
        }
    }
}
