using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>Sums are in double, in an order that depends only on the row's length, so vectors of any width give the same bits.</summary>
internal readonly unsafe struct LogSoftmaxSimd(in LogSoftmaxArgs args) : IVectorOperator
{
    // The widest vector's lanes.
    private const int Lanes = 16;

    private readonly float* logits = Cpu.Pointer(args.Logits), scores = Cpu.Pointer(args.Scores), logSums = Cpu.Pointer(args.LogSums);
    private readonly int rowsPerSource = args.RowsPerSource, vocabulary = args.Vocabulary;
    private readonly bool normalize = args.Normalize;

    public int Tasks { get; } = args.Rows;

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var row = (float*)scores + ((long)task * vocabulary);
        var largest = CopyClean<TVector>((float*)logits + ((long)(task / rowsPerSource) * vocabulary), row);
        // A row of -inf has no distribution.
        largest = largest > float.NegativeInfinity ? largest : 0f;
        var sum = SumExp<TVector>(row, largest);
        var logSum = sum > 0 ? Math.Log(sum) : 0;
        if (normalize)
            Subtract<TVector>(row, largest, (float)logSum);
        if (logSums != null)
            logSums[task] = (float)(largest + logSum);
    }

    private float CopyClean<TVector>(float* source, float* row)
        where TVector : unmanaged, IVector<TVector>
    {
        var (lowest, overflow) = (TVector.Create(float.NegativeInfinity), TVector.Create(float.PositiveInfinity));
        var largest = lowest;
        var c = 0;
        for (; c + TVector.Count <= vocabulary; c += TVector.Count)
        {
            var value = TVector.Load(source + c);
            value = TVector.IfLess(value, overflow, value, lowest);
            TVector.Store(value, row + c);
            largest = TVector.IfLess(largest, value, value, largest);
        }
        var result = TVector.Largest(largest);
        for (; c < vocabulary; c++)
        {
            row[c] = source[c] < float.PositiveInfinity ? source[c] : float.NegativeInfinity;
            result = Math.Max(result, row[c]);
        }
        return result;
    }

    /// <summary>Σ exp(x - largest).</summary>
    private double SumExp<TVector>(float* row, float largest)
        where TVector : unmanaged, IVector<TVector>
    {
        var shift = TVector.Create(largest);
        var sums = stackalloc double[Lanes];
        new Span<double>(sums, Lanes).Clear();
        var c = 0;
        for (; c + Lanes <= vocabulary; c += Lanes)
        {
            for (var lane = 0; lane < Lanes; lane += TVector.Count)
                TVector.AddTo(TVector.Exp(TVector.Load(row + c + lane) - shift), sums + lane);
        }
        for (var lane = 0; lane < Lanes / 2; lane++)
            sums[lane] += sums[lane + (Lanes / 2)];
        // Neighbours, then pairs, then fours.
        for (var left = Lanes / 4; left > 0; left /= 2)
        {
            for (var lane = 0; lane < left; lane++)
                sums[lane] = sums[2 * lane] + sums[(2 * lane) + 1];
        }
        var sum = sums[0];
        for (; c < vocabulary; c++)
            sum += MathF.Exp(row[c] - largest);
        return sum;
    }

    /// <summary>x - a - b, in place.</summary>
    private void Subtract<TVector>(float* row, float a, float b)
        where TVector : unmanaged, IVector<TVector>
    {
        var (first, second) = (TVector.Create(a), TVector.Create(b));
        for (var c = 0; c < vocabulary; c += TVector.Count)
            VectorTail.Store(TVector.Load(row + c) - first - second, row + c, vocabulary - c);
    }
}
