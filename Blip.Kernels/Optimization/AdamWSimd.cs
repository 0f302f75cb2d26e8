using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>A task is a range of a flat parameter, or some rows of <c>[in, out]</c>.</summary>
internal static class AdamWSimd
{
    public static void Run(Device device, in AdamWArgs args, AdamWConstants constants, long length)
    {
        var run = new AdamWRun(args, constants);
        if (args.Weights is null)
            device.LaunchVectors(new AdamWFlat(run, args.Parameter, length));
        else
            device.LaunchVectors(new AdamWPanels(run, args.Weights, args.Rounded, new RowTasks(device, args.Weights.InFeatures)));
    }
}

internal readonly unsafe struct AdamWRun(in AdamWArgs args, AdamWConstants constants)
{
    private readonly float* gradient = Cpu.Pointer(args.Gradient), scale = Cpu.Pointer(args.GradientScale);
    private readonly float* first = Cpu.Pointer(args.FirstMoment), second = Cpu.Pointer(args.SecondMoment);
    private readonly AdamWConstants constants = constants;

    /// <summary>Updates parameters; their gradient and moments start at an index.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Step<TVector>(float* parameter, long index, long count)
        where TVector : unmanaged, IVector<TVector>
    {
        float* g = gradient + index, m = first + index, v = second + index;
        var factor = TVector.Create(scale == null ? 1 : *scale);
        var (keep, new1, beta2) = (TVector.Create(constants.Keep), TVector.Create(constants.New1), TVector.Create(constants.Beta2));
        var (new2, rate, epsilon) = (TVector.Create(constants.New2), TVector.Create(constants.Rate), TVector.Create(constants.Epsilon));
        var correction = TVector.Create(constants.Correction);
        for (var i = 0L; i < count; i += TVector.Count)
        {
            var scaled = TVector.Load(g + i) * factor;
            var before = TVector.Load(m + i);
            var mean = TVector.MultiplyAdd(new1, scaled - before, before);
            var squares = TVector.MultiplyAdd(beta2, TVector.Load(v + i), new2 * scaled * scaled);
            VectorTail.Store(mean, m + i, count - i);
            VectorTail.Store(squares, v + i, count - i);
            var step = rate * (mean / ((TVector.Sqrt(squares) / correction) + epsilon));
            VectorTail.Store((TVector.Load(parameter + i) * keep) - step, parameter + i, count - i);
        }
    }
}

internal readonly unsafe struct AdamWFlat(AdamWRun run, ArrayView<float> parameter, long length) : IVectorOperator
{
    private const int Piece = 16384;

    private readonly AdamWRun run = run;
    private readonly float* parameter = Cpu.Pointer(parameter);
    private readonly long length = length;

    public int Tasks => checked((int)((length + Piece - 1) / Piece));

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var start = (long)task * Piece;
        run.Step<TVector>(parameter + start, start, Math.Min(Piece, length - start));
    }
}

/// <summary>A packed matrix: parts of its rows are contiguous in a panel.</summary>
internal readonly unsafe struct AdamWPanels(AdamWRun run, PackedWeights weights, PackedWeights? rounded, RowTasks rows) : IVectorOperator
{
    private readonly AdamWRun run = run;
    private readonly float* panels = Cpu.Pointer(weights.Float32);
    private readonly ushort* rounded = rounded is null ? null : Cpu.Pointer(rounded.Bits16);
    private readonly RowTasks rows = rows;
    private readonly DType format = rounded?.Format ?? weights.Format;
    private readonly int inFeatures = weights.InFeatures, outFeatures = weights.OutFeatures;

    public int Tasks => rows.Tasks;

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var row = rows.First(task); row < rows.End(task); row++)
        {
            for (var output = 0; output < outFeatures; output += WeightPanel.Width)
            {
                var index = ((long)row * outFeatures) + output;
                var place = ((long)output * inFeatures) + ((long)row * WeightPanel.Width);
                var count = Math.Min(WeightPanel.Width, outFeatures - output);
                run.Step<TVector>(panels + place, index, count);
                if (rounded != null)
                    WeightPacking.Round(panels + place, rounded + place, count, format);
            }
        }
        WeightPacking.Finish();
    }
}
