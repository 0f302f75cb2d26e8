using System.Runtime.Intrinsics;
using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>One task per row; sums in double, eight lanes wide.</summary>
internal readonly unsafe struct LogSoftmaxSimd(in LogSoftmaxArgs args) : ICpuOperator
{
    private readonly float* logits = Cpu.Pointer(args.Logits), scores = Cpu.Pointer(args.Scores), logSums = Cpu.Pointer(args.LogSums);
    private readonly int rowsPerSource = args.RowsPerSource, vocabulary = args.Vocabulary;
    private readonly bool normalize = args.Normalize;

    public int Tasks { get; } = args.Rows;

    public void Run(int task)
    {
        var source = new ReadOnlySpan<float>((float*)logits + ((long)(task / rowsPerSource) * vocabulary), vocabulary);
        var row = new Span<float>((float*)scores + ((long)task * vocabulary), vocabulary);
        var largest = CopyClean(source, row);
        // A row of -inf has no distribution to normalise.
        largest = largest > float.NegativeInfinity ? largest : 0f;
        var sum = SimdRows.SumExp(row, largest);
        var logSum = sum > 0 ? Math.Log(sum) : 0;
        if (normalize)
            SimdRows.Subtract(row, largest, (float)logSum);
        if (logSums != null)
            logSums[task] = (float)(largest + logSum);
    }

    private static float CopyClean(ReadOnlySpan<float> source, Span<float> row)
    {
        var (lowest, overflow) = (Vector512.Create(float.NegativeInfinity), Vector512.Create(float.PositiveInfinity));
        var largest = lowest;
        var c = 0;
        for (; c + Vector512<float>.Count <= row.Length; c += Vector512<float>.Count)
        {
            var value = Vector512.Create(source[c..]);
            value = Vector512.ConditionalSelect(Vector512.LessThan(value, overflow), value, lowest);
            value.CopyTo(row[c..]);
            largest = Vector512.ConditionalSelect(Vector512.GreaterThan(value, largest), value, largest);
        }
        var result = float.NegativeInfinity;
        for (var lane = 0; lane < Vector512<float>.Count; lane++)
            result = Math.Max(result, largest[lane]);
        for (; c < row.Length; c++)
        {
            row[c] = source[c] < float.PositiveInfinity ? source[c] : float.NegativeInfinity;
            result = Math.Max(result, row[c]);
        }
        return result;
    }
}
