using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Transposes packed weights to panels of <c>[out, 64]</c>. A task transposes a block.</summary>
internal readonly unsafe struct TransposeWeights<TStored, TFormat>(
    in GemmBackwardArgs args, ArrayView<TStored> weights, ArrayView<float> transposed) : IVectorOperator
    where TStored : unmanaged
    where TFormat : struct, IWeightDType<TStored>
{
    private const int Width = PackedWeights.PanelWidth;

    private readonly float* scales = Cpu.Pointer(args.Weights.Scales), transposed = Cpu.Pointer(transposed);
    private readonly TStored* weights = Cpu.Pointer(weights);

    // Format to which weights are rounded; single precision also if they are stored in that format.
    private readonly DType precision = args.Precision == args.Weights.Format ? DType.Float32 : args.Precision;

    private readonly int outFeatures = args.Weights.OutFeatures, inFeatures = args.Weights.InFeatures;

    public int Tasks => checked(Columns * ((outFeatures + Width - 1) / Width));

    public int Columns => (inFeatures + Width - 1) / Width;

    public TStored* Panel(int output) => weights + (output / Width * (long)TFormat.PanelLength(inFeatures));

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var (output, column) = (task / Columns * Width, task % Columns * Width);
        Write<TVector>(output, column, transposed + ((long)column * outFeatures) + (output * Width));
    }

    /// <summary>Writes 64 inputs of up to 64 outputs: [outputs, 64], with zeros behind the last input.</summary>
    [SkipLocalsInit]
    public void Write<TVector>(int output, int column, float* to)
        where TVector : unmanaged, IVector<TVector>
    {
        var wide = stackalloc float[typeof(TFormat) == typeof(Float32Weights) ? 1 : Width * Width];
        var (columns, outputs) = (Math.Min(Width, inFeatures - column), Math.Min(Width, outFeatures - output));
        if (columns < Width)
            new Span<float>(to, outputs * Width).Clear();
        Transposition.Run(Block<TVector>(Panel(output), output, column, columns, wide), Width, columns, outputs, to, Width);
        WeightPacking.RoundRows<TVector>(to, outputs, precision);
    }

    // [columns, 64]. Floats without scales are read in place.
    private float* Block<TVector>(TStored* panel, int output, int column, int columns, float* wide)
        where TVector : unmanaged, IVector<TVector>
    {
        if (typeof(TFormat) == typeof(Float32Weights))
            return (float*)panel + ((long)column * Width);
        TFormat.Widen<TVector>(panel, column, columns, wide);
        for (var i = 0; scales != null && i < columns * Width; i += TVector.Count)
            TVector.Store(TVector.Load(wide + i) * TVector.Load(scales + output + (i % Width)), wide + i);
        return wide;
    }
}
