using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Chooses the vectors that the processor has, and runs both halves: queries, then keys.</summary>
internal static class AttentionBackwardSimd
{
    public static void Run(Device device, in AttentionBackwardArgs args, ArrayView<float> scores)
    {
        switch (device.Vectors)
        {
            case CpuVectors.Avx512: Run<Floats512>(device, args, scores); break;
            case CpuVectors.Avx2: Run<Paired<Floats256>>(device, args, scores); break;
            default: Run<Paired<Paired<Floats128>>>(device, args, scores); break;
        }
    }

    private static void Run<TVector>(Device device, in AttentionBackwardArgs args, ArrayView<float> scores)
        where TVector : unmanaged, IVector<TVector>
    {
        device.Launch(new AttentionBackwardSimd<TVector>(args, scores, keys: false));
        if (args.KeyGradient.Length > 0 || args.ValueGradient.Length > 0)
            device.Launch(new AttentionBackwardSimd<TVector>(args, scores, keys: true));
    }
}

/// <summary>A task is one head of one row: of queries, whose scores' gradients it writes; or of keys, for which it reads them.</summary>
internal readonly unsafe struct AttentionBackwardSimd<TVector> : ICpuOperator
    where TVector : unmanaged, IVector<TVector>
{
    private readonly AttentionShape shape;
    private readonly float* query, key, value, probabilities, outputGradient, queryGradient, keyGradient, valueGradient, probabilityGradient, scores;
    private readonly int* keyRow, start, mask;
    private readonly int rows;
    private readonly bool keys;

    public AttentionBackwardSimd(in AttentionBackwardArgs args, ArrayView<float> scores, bool keys)
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
        this.scores = Cpu.Pointer(scores);
        (rows, this.keys) = (a.Rows, keys);
        Tasks = checked((keys ? AttentionBackward.KeyRows(args) : a.Rows) * a.Heads);
    }

    public int Tasks { get; }

    public void Run(int task)
    {
        var (row, head) = (task / shape.Heads, task % shape.Heads);
        if (keys)
        {
            RunKeys(row, head);
            return;
        }
        for (var token = 0; token < shape.QueryTokens; token++)
            RunQuery(row, head, token);
    }

    [SkipLocalsInit]
    private void RunQuery(int row, int head, int token)
    {
        var visible = Visible(row, token);
        var gradient = outputGradient + Output(row, token, head);
        var at = Weights(row, head, token);
        float* weight = probabilities + at, score = scores + at;
        var sum = 0f;
        for (var j = 0; j < visible; j++)
        {
            score[j] = Dot(gradient, value + (Token(row, j) * shape.ValueStride) + shape.ValueOffset + (head * shape.HeadDim));
            sum += weight[j] * score[j];
        }
        new Span<float>(score + visible, shape.KeyTokens - visible).Clear();
        if (probabilityGradient != null)
            RowMath.Copy(score, probabilityGradient + at, shape.KeyTokens);
        for (var j = 0; j < visible; j++)
            score[j] = mask != null && mask[((long)row * shape.KeyTokens) + j] == 0 ? 0 : weight[j] * (score[j] - sum);
        if (queryGradient == null)
            return;

        // Whole vectors are read behind its end.
        var to = stackalloc float[Attention.MaxHeadDim + 16];
        new Span<float>(to, Attention.MaxHeadDim + 16).Clear();
        for (var j = 0; j < visible; j++)
            RowMath.AddScaled<TVector>(key + (Token(row, j) * shape.KeyStride) + shape.KeyOffset + (head * shape.HeadDim), score[j], to, shape.HeadDim);
        var result = queryGradient + ((((long)row * shape.QueryTokens) + token) * shape.QueryStride) + shape.QueryOffset + (head * shape.HeadDim);
        for (var d = 0; d < shape.HeadDim; d++)
            result[d] = to[d] * shape.Scale;
    }

    [SkipLocalsInit]
    private void RunKeys(int keyRow, int head)
    {
        var memory = stackalloc float[2 * (Attention.MaxHeadDim + 16)];
        float* keySums = memory, valueSums = memory + Attention.MaxHeadDim + 16;
        for (var j = 0; j < shape.KeyTokens; j++)
        {
            new Span<float>(memory, 2 * (Attention.MaxHeadDim + 16)).Clear();
            var token = ((long)keyRow * shape.KeyCapacity) + j;
            for (var row = 0; row < rows; row++)
            {
                if (Token(row, j) != token)
                    continue;
                for (var t = 0; t < shape.QueryTokens; t++)
                {
                    var at = Weights(row, head, t) + j;
                    RowMath.AddScaled<TVector>(
                        query + ((((long)row * shape.QueryTokens) + t) * shape.QueryStride) + shape.QueryOffset + (head * shape.HeadDim), scores[at], keySums, shape.HeadDim);
                    RowMath.AddScaled<TVector>(outputGradient + Output(row, t, head), probabilities[at], valueSums, shape.HeadDim);
                }
            }
            for (var d = 0; keyGradient != null && d < shape.HeadDim; d++)
                keyGradient[(token * shape.KeyStride) + shape.KeyOffset + (head * shape.HeadDim) + d] = keySums[d] * shape.Scale;
            for (var d = 0; valueGradient != null && d < shape.HeadDim; d++)
                valueGradient[(token * shape.ValueStride) + shape.ValueOffset + (head * shape.HeadDim) + d] = valueSums[d];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Dot(float* a, float* b)
    {
        var sums = TVector.Create(0);
        var d = 0;
        for (; d + TVector.Count <= shape.HeadDim; d += TVector.Count)
            sums = TVector.MultiplyAdd(TVector.Load(a + d), TVector.Load(b + d), sums);
        var sum = TVector.Sum(sums);
        for (; d < shape.HeadDim; d++)
            sum += a[d] * b[d];
        return sum;
    }

    private long Output(int row, int token, int head) => ((((long)row * shape.QueryTokens) + token) * shape.Heads + head) * shape.HeadDim;

    private long Weights(int row, int head, int token) => ((((long)row * shape.Heads) + head) * shape.QueryTokens + token) * shape.KeyTokens;

    private int Visible(int row, int token) =>
        shape.Causal == 0 ? shape.KeyTokens : Math.Clamp((start == null ? 0 : start[row]) + token + 1, 1, shape.KeyTokens);

    private long Token(int row, int j)
    {
        var from = shape.KeyRows == AttentionShape.Own ? row : Math.Clamp(keyRow[row], 0, shape.KeyRowCount - 1);
        return ((long)from * shape.KeyCapacity) + j;
    }
}
