using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>One row per task, sums in double. The gradient's memory holds the exponentials.</summary>
internal readonly unsafe struct CrossEntropySimd(in CrossEntropyArgs args) : IVectorOperator
{
    private const int Lanes = 16;

    private readonly float* logits = Cpu.Pointer(args.Logits), weights = Cpu.Pointer(args.RowWeights);
    private readonly float* losses = Cpu.Pointer(args.Losses), gradient = Cpu.Pointer(args.Gradient);
    private readonly int* labels = Cpu.Pointer(args.Labels);
    private readonly int classes = args.Classes;
    private readonly float smoothing = args.LabelSmoothing;

    public int Tasks { get; } = args.Rows;

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var x = (float*)logits + ((long)task * classes);
        var to = gradient == null ? null : gradient + ((long)task * classes);
        var weight = weights == null ? 1 : weights[task];
        var label = labels[task];
        if (weight == 0)
        {
            losses[task] = 0;
            if (to != null)
                new Span<float>(to, classes).Clear();
            return;
        }
        if ((uint)label >= (uint)classes)
        {
            losses[task] = float.NaN;
            if (to != null)
                new Span<float>(to, classes).Fill(float.NaN);
            return;
        }
        var largest = RowMath.Largest<TVector>(x, classes);
        var right = x[label] - largest;
        var (sum, total) = Exponentials<TVector>(x, to, largest);
        var logSum = Math.Log(sum);
        var loss = (1 - smoothing) * (logSum - right);
        if (smoothing > 0)
            loss += smoothing * (logSum - (total / classes));
        losses[task] = (float)(weight * loss);
        if (to == null)
            return;
        Subtract<TVector>(to, (float)(weight / sum), weight * (smoothing / classes));
        to[label] -= weight * (1 - smoothing);
    }

    // Σ exp(x - largest) and Σ (x - largest); to receives the exponentials, and may be x or null.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (double Sum, double Total) Exponentials<TVector>(float* x, float* to, float largest)
        where TVector : unmanaged, IVector<TVector>
    {
        var sums = stackalloc double[2 * Lanes];
        new Span<double>(sums, 2 * Lanes).Clear();
        var shift = TVector.Create(largest);
        var c = 0;
        for (; c + Lanes <= classes; c += Lanes)
        {
            var shifted = TVector.Load(x + c) - shift;
            var exp = Maths.Exp(shifted);
            TVector.AddTo(exp, sums);
            TVector.AddTo(shifted, sums + Lanes);
            if (to != null)
                TVector.Store(exp, to + c);
        }
        var (sum, total) = (Add(sums), Add(sums + Lanes));
        for (; c < classes; c++)
        {
            var shifted = x[c] - largest;
            var exp = Maths.Exp(shifted);
            sum += exp;
            total += shifted;
            if (to != null)
                to[c] = exp;
        }
        return (sum, total);
    }

    private void Subtract<TVector>(float* to, float scale, float everywhere)
        where TVector : unmanaged, IVector<TVector>
    {
        var (factor, shift) = (TVector.Create(scale), TVector.Create(everywhere));
        for (var c = 0; c < classes; c += TVector.Count)
            VectorTail.Store((TVector.Load(to + c) * factor) - shift, to + c, classes - c);
    }

    private static double Add(double* sums)
    {
        var sum = 0.0;
        for (var lane = 0; lane < Lanes; lane++)
            sum += sums[lane];
        return sum;
    }
}
