using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// Three kernels. A group per query of a head finds the largest score, the sum of weights, and the mean of their gradients.
/// A second sums the query's gradient. A group per key of a head sums the gradients of key and value.
/// </summary>
internal static class AttentionBackwardPortable
{
    private const int Block = 64;

    public static void Run(Device device, in AttentionBackwardArgs args)
    {
        var a = args.Forward;
        var queries = checked(a.Rows * a.Heads * a.QueryTokens);
        var inputs = new AttentionBackwardInputs(
            a.Query, a.Key, a.Value, device.OrEmpty(a.Probabilities),
            device.OrEmpty(a.KeyRow), device.OrEmpty(a.Start), device.OrEmpty(a.Mask),
            args.OutputGradient, device.Scratch(AttentionBackwardInputs.Bytes(queries)).Cast<float>(), AttentionShape.Of(a));
        var perQuery = new KernelConfig(queries, device.GroupSize);
        device.Launch(perQuery, new StatisticsKernel(inputs, device.OrEmpty(args.ProbabilityGradient)));
        if (args.QueryGradient.Length > 0)
            device.Launch(perQuery, new QueryKernel(inputs, args.QueryGradient));
        if (args.KeyGradient.Length == 0 && args.ValueGradient.Length == 0)
            return;
        device.Launch(
            new KernelConfig(checked(AttentionBackward.KeyRows(args) * a.Heads * a.KeyTokens), device.GroupSize),
            new KeyKernel(inputs, device.OrEmpty(args.KeyGradient), device.OrEmpty(args.ValueGradient), a.Rows, a.Heads, a.KeyCapacity));
    }

    [Kernel]
    internal readonly struct StatisticsKernel(AttentionBackwardInputs inputs, ArrayView<float> probabilityGradient) : IDeviceKernel
    {
        public void Run()
        {
            var scores = SharedMemory.Allocate<float>(Block);
            var gradients = SharedMemory.Allocate<float>(Block);
            var query = inputs.OfGroup(Grid.IdxX);
            var visible = inputs.Visible(query);
            var weights = (long)query.Index * inputs.KeyTokens;
            var (largest, total, mean) = (0f, 0f, 0f);
            for (var block = 0; block < visible; block += Block)
            {
                var keys = IntrinsicMath.Min(visible - block, Block);
                for (var j = Group.IdxX; j < keys; j += Group.DimX)
                {
                    scores[j] = inputs.Score(query, block + j);
                    gradients[j] = inputs.WeightGradient(query, block + j);
                    if (probabilityGradient.Length > 0)
                        probabilityGradient[weights + block + j] = gradients[j];
                }
                Barrier();
                if (inputs.IsStored)
                {
                    for (var j = 0; j < keys; j++)
                        mean += scores[j] * gradients[j];
                }
                else
                {
                    var before = largest;
                    largest = block == 0 ? scores[0] : before;
                    for (var j = 0; j < keys; j++)
                        largest = IntrinsicMath.Max(largest, scores[j]);
                    var correction = Maths.Exp(before - largest);
                    (total, mean) = block == 0 ? (0f, 0f) : (total * correction, mean * correction);
                    for (var j = 0; j < keys; j++)
                    {
                        var weight = Maths.Exp(scores[j] - largest);
                        total += weight;
                        mean += weight * gradients[j];
                    }
                }
                Barrier();
            }
            for (var j = visible + Group.IdxX; j < inputs.KeyTokens && probabilityGradient.Length > 0; j += Group.DimX)
                probabilityGradient[weights + j] = 0f;
            if (Group.IdxX == 0)
                inputs.Leave(query, largest, total, inputs.IsStored ? mean : mean / total);
        }
    }

    [Kernel]
    internal readonly struct QueryKernel(AttentionBackwardInputs inputs, ArrayView<float> queryGradient) : IDeviceKernel
    {
        public void Run()
        {
            var sums = SharedMemory.Allocate<float>(Attention.MaxHeadDim);
            var scores = SharedMemory.Allocate<float>(Block);
            var query = inputs.OfGroup(Grid.IdxX);
            var visible = inputs.Visible(query);
            // Work-items never share an element, here and below.
            for (var d = Group.IdxX; d < inputs.HeadDim; d += Group.DimX)
                sums[d] = 0f;
            for (var block = 0; block < visible; block += Block)
            {
                var keys = IntrinsicMath.Min(visible - block, Block);
                for (var j = Group.IdxX; j < keys; j += Group.DimX)
                    scores[j] = inputs.ScoreGradient(query, block + j, inputs.Weight(query, block + j));
                Barrier();
                for (var j = 0; j < keys; j++)
                {
                    var from = inputs.KeyAt(inputs.KeyToken(query.Row, block + j), query.InHead);
                    for (var d = Group.IdxX; d < inputs.HeadDim; d += Group.DimX)
                        sums[d] += scores[j] * inputs.Key(from + d);
                }
                Barrier();
            }
            for (var d = Group.IdxX; d < inputs.HeadDim; d += Group.DimX)
                queryGradient[inputs.QueryAt(query) + d] = sums[d] * inputs.Scale;
        }
    }

    [Kernel]
    internal readonly struct KeyKernel(
        AttentionBackwardInputs inputs, ArrayView<float> keyGradient, ArrayView<float> valueGradient, int rows, int heads, int keyCapacity)
        : IDeviceKernel
    {
        public void Run()
        {
            var keySums = SharedMemory.Allocate<float>(Attention.MaxHeadDim);
            var valueSums = SharedMemory.Allocate<float>(Attention.MaxHeadDim);
            var weights = SharedMemory.Allocate<float>(Block);
            var scores = SharedMemory.Allocate<float>(Block);
            var j = Grid.IdxX % inputs.KeyTokens;
            var inHead = Grid.IdxX / inputs.KeyTokens % heads * inputs.HeadDim;
            var token = ((long)(Grid.IdxX / inputs.KeyTokens / heads) * keyCapacity) + j;
            for (var d = Group.IdxX; d < inputs.HeadDim; d += Group.DimX)
            {
                keySums[d] = 0f;
                valueSums[d] = 0f;
            }
            for (var row = 0; row < rows; row++)
            {
                // Rows that read another K/V row have no queries here.
                var queries = inputs.KeyToken(row, j) == token ? inputs.QueryTokens : 0;
                for (var block = 0; block < queries; block += Block)
                {
                    var count = IntrinsicMath.Min(queries - block, Block);
                    for (var t = Group.IdxX; t < count; t += Group.DimX)
                    {
                        var query = inputs.Of(row, inHead, block + t);
                        var isSeen = j < inputs.Visible(query);
                        weights[t] = isSeen ? inputs.Weight(query, j) : 0f;
                        scores[t] = isSeen ? inputs.ScoreGradient(query, j, weights[t]) : 0f;
                        weights[t] = inputs.Kept(query, j, weights[t]);
                    }
                    Barrier();
                    for (var t = 0; t < count; t++)
                    {
                        var query = inputs.Of(row, inHead, block + t);
                        var (queryAt, outputAt) = (inputs.QueryAt(query), inputs.OutputAt(query));
                        for (var d = Group.IdxX; d < inputs.HeadDim; d += Group.DimX)
                        {
                            keySums[d] += scores[t] * inputs.Query(queryAt + d);
                            valueSums[d] += weights[t] * inputs.OutputGradient(outputAt + d);
                        }
                    }
                    Barrier();
                }
            }
            for (var d = Group.IdxX; d < inputs.HeadDim; d += Group.DimX)
            {
                if (keyGradient.Length > 0)
                    keyGradient[inputs.KeyAt(token, inHead) + d] = keySums[d] * inputs.Scale;
                if (valueGradient.Length > 0)
                    valueGradient[inputs.ValueAt(token, inHead) + d] = valueSums[d];
            }
        }
    }

    private static void Barrier()
    {
        if (Group.DimX > 1)
            Group.Barrier();
    }
}
