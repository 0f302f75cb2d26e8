using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// CPU variant: a task walks heads of K/V rows, the rows that read each, and tiles of queries, over all keys at once.
/// A tile's scores and gradients stay in the second-level cache: each of the five products is computed once.
/// Sums over keys and queries run in order for any tile.
/// </summary>
internal readonly unsafe struct AttentionBackwardSimd : IVectorOperator
{
    // Several tasks per worker balance the load; each needs scratch memory.
    private const int TasksPerWorker = 4;

    private readonly AttentionShape shape;
    private readonly float* query, key, value, probabilities;
    private readonly float* outputGradient, queryGradient, keyGradient, valueGradient, probabilityGradient;
    private readonly byte* scratch;
    private readonly int* keyRow, start, mask;
    private readonly int rows, heads;

    private AttentionBackwardSimd(in AttentionBackwardArgs args, int heads, int tasks, byte* scratch)
    {
        var a = args.Forward;
        shape = AttentionShape.Of(a);
        query = Cpu.Pointer(a.Query);
        key = Cpu.Pointer(a.Key);
        value = Cpu.Pointer(a.Value);
        probabilities = Cpu.Pointer(a.Probabilities);
        keyRow = Cpu.Pointer(a.KeyRow);
        start = Cpu.Pointer(a.Start);
        mask = Cpu.Pointer(a.Mask);
        outputGradient = Cpu.Pointer(args.OutputGradient);
        queryGradient = Cpu.Pointer(args.QueryGradient);
        keyGradient = Cpu.Pointer(args.KeyGradient);
        valueGradient = Cpu.Pointer(args.ValueGradient);
        probabilityGradient = Cpu.Pointer(args.ProbabilityGradient);
        (rows, this.heads, Tasks) = (a.Rows, heads, tasks);
        this.scratch = scratch;
    }

    public int Tasks { get; }

    public static void Run(Device device, in AttentionBackwardArgs args)
    {
        var heads = checked(AttentionBackward.KeyRows(args) * args.Forward.Heads);
        var tasks = Math.Min(heads, TasksPerWorker * device.Workers);
        var scratch = device.Scratch(tasks * AttentionBackwardPanels.Bytes(AttentionShape.Of(args.Forward)));
        device.LaunchVectors(new AttentionBackwardSimd(args, heads, tasks, Cpu.Pointer(scratch)));
    }

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var panels = new AttentionBackwardPanels(
            scratch + (task * AttentionBackwardPanels.Bytes(shape)), shape, PanelProduct.RoundUp<TVector>(shape.HeadDim));
        for (var one = task; one < heads; one += Tasks)
            RunHead<TVector>(one / shape.Heads, one % shape.Heads, panels);
    }

    private void RunHead<TVector>(int ofKeys, int head, in AttentionBackwardPanels to)
        where TVector : unmanaged, IVector<TVector>
    {
        var inHead = head * shape.HeadDim;
        var firstKey = (long)ofKeys * shape.KeyCapacity;
        var keyAt = (firstKey * shape.KeyStride) + shape.KeyOffset + inHead;
        var valueAt = (firstKey * shape.ValueStride) + shape.ValueOffset + inHead;
        to.PackKeys(key + keyAt, shape.KeyStride, value + valueAt, shape.ValueStride);
        for (var row = 0; row < rows; row++)
        {
            if ((shape.KeyRows == AttentionShape.Own ? row : Math.Clamp(keyRow[row], 0, shape.KeyRowCount - 1)) != ofKeys)
                continue;
            for (var first = 0; first < shape.QueryTokens; first += AttentionBackwardPanels.Tile)
                RunTile<TVector>(row, head, first, Math.Min(AttentionBackwardPanels.Tile, shape.QueryTokens - first), to);
        }
        if (keyGradient != null)
            to.Unpack(to.KeySums, shape.KeyTokens, keyGradient + keyAt, shape.KeyStride, 1);
        if (valueGradient != null)
            to.Unpack(to.ValueSums, shape.KeyTokens, valueGradient + valueAt, shape.ValueStride, 1);
    }

    private void RunTile<TVector>(int row, int head, int first, int count, in AttentionBackwardPanels tile)
        where TVector : unmanaged, IVector<TVector>
    {
        var token = ((long)row * shape.QueryTokens) + first;
        var (inHead, width) = (head * shape.HeadDim, shape.Heads * shape.HeadDim);
        var queryAt = (token * shape.QueryStride) + shape.QueryOffset + inHead;
        // Scaled queries also scale the gradient of the keys.
        tile.PackRows(query + queryAt, shape.QueryStride, count, shape.Scale, tile.Queries);
        tile.PackRows(outputGradient + (token * width) + inHead, width, count, 1, tile.OutputGradients);

        var visible = Visible(row, first + count - 1);
        if (probabilities == null)
            tile.MultiplyKeys<TVector>(tile.Queries, count, tile.Keys, visible, tile.Weights);
        tile.MultiplyKeys<TVector>(tile.OutputGradients, count, tile.Values, visible, tile.Scores);
        var columns = PanelProduct.RoundUp<TVector>(visible);
        for (var i = 0; i < count; i++)
            RunQuery<TVector>(row, head, first + i, columns, tile.Weights + (i * tile.Stride), tile.Scores + (i * tile.Stride));

        if (queryGradient != null)
        {
            tile.SumOverKeys<TVector>(count, visible);
            tile.Unpack(tile.QuerySums, count, queryGradient + queryAt, shape.QueryStride, shape.Scale);
        }
        if (keyGradient != null)
            tile.AddToKeys<TVector>(tile.Scores, tile.Queries, count, visible, tile.KeySums);
        if (valueGradient != null)
            tile.AddToKeys<TVector>(tile.Weights, tile.OutputGradients, count, visible, tile.ValueSums);
    }

    /// <summary>Turns a query's scores into weights, and the weights' gradients into score gradients.</summary>
    private void RunQuery<TVector>(int row, int head, int token, int width, float* weights, float* scores)
        where TVector : unmanaged, IVector<TVector>
    {
        var visible = Visible(row, token);
        var at = ((((long)row * shape.Heads) + head) * shape.QueryTokens + token) * shape.KeyTokens;
        var marks = mask == null ? null : mask + ((long)row * shape.KeyTokens);
        new Span<float>(scores + visible, width - visible).Clear();
        Drop(scores, visible, at);
        if (probabilityGradient != null)
        {
            RowMath.Copy(scores, probabilityGradient + at, visible);
            new Span<float>(probabilityGradient + at + visible, shape.KeyTokens - visible).Clear();
        }
        var total = 1f;
        if (probabilities == null)
        {
            total = Softmax<TVector>(weights, width, visible, marks);
        }
        else
        {
            RowMath.Copy(probabilities + at, weights, visible);
            new Span<float>(weights + visible, width - visible).Clear();
        }
        ToScores<TVector>(weights, total, scores, width);
        for (var j = 0; marks != null && j < visible; j++)
        {
            if (marks[j] == 0)
                scores[j] = 0;
        }
        // Next they are multiplied by the output's gradients.
        Drop(weights, visible, at);
    }

    private void Drop(float* weights, int count, long place)
    {
        if (shape.DropLimit > 0)
            Dropout.Multiply(weights, count, shape.DropSeed, shape.DropStream, place, shape.DropLimit, shape.KeepFactor);
    }

    [SkipLocalsInit]
    private float Softmax<TVector>(float* weights, int width, int visible, int* marks)
        where TVector : unmanaged, IVector<TVector>
    {
        var totals = stackalloc float[TVector.Count];
        var largest = float.NegativeInfinity;
        TVector.Store(TVector.Create(0), totals);
        AttentionVectors.MaskScores(weights, width, visible, Math.Min(width, shape.KeyTokens), marks);
        AttentionVectors.Softmax<TVector>(weights, width, null, 0, totals, &largest);
        return TVector.Sum(TVector.Load(totals));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ToScores<TVector>(float* weights, float total, float* scores, int width)
        where TVector : unmanaged, IVector<TVector>
    {
        var (divisor, sums) = (TVector.Create(total), TVector.Create(0));
        for (var j = 0; j < width; j += TVector.Count)
        {
            var weight = TVector.Load(weights + j) / divisor;
            TVector.Store(weight, weights + j);
            sums = TVector.MultiplyAdd(weight, TVector.Load(scores + j), sums);
        }
        var sum = TVector.Create(TVector.Sum(sums));
        for (var j = 0; j < width; j += TVector.Count)
            TVector.Store(TVector.Load(weights + j) * (TVector.Load(scores + j) - sum), scores + j);
    }

    private int Visible(int row, int token) =>
        shape.Causal == 0 ? shape.KeyTokens : Math.Clamp((start == null ? 0 : start[row]) + token + 1, 1, shape.KeyTokens);
}
