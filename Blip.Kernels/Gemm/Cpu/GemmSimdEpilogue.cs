using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>
/// Applies scales, bias, activation and residual to finished sums, and stores them. <paramref name="rowScales"/> has a scale for each
/// row of quantised inputs, or is null.
/// </summary>
internal readonly unsafe struct GemmSimdEpilogue(in GemmArgs args, float* rowScales)
{
    private const int Width = PackedWeights.PanelWidth;

    private readonly float* bias = Cpu.Pointer(args.Bias), residual = Cpu.Pointer(args.Residual), y = Cpu.Pointer(args.Y);
    private readonly float* scales = Cpu.Pointer(args.Weights.Scales), rowScales = rowScales;
    private readonly int outFeatures = args.Weights.OutFeatures;
    private readonly Activation activation = args.Activation;

    /// <summary>Prefetches a tile's outputs and residual before its sums are ready.</summary>
    public void Prefetch(int row, int count, int column)
    {
        if (!Sse.IsSupported)
            return;
        for (var i = 0; i < count; i++)
        {
            var to = ((long)(row + i) * outFeatures) + column;
            for (var j = 0; j < Width; j += 64 / sizeof(float))
            {
                Sse.Prefetch0(y + to + j);
                if (residual != null)
                    Sse.Prefetch0(residual + to + j);
            }
        }
    }

    /// <summary>Writes a tile of sums [count, 64]; its first column is a multiple of 64.</summary>
    public void Write<TVector>(float* sums, int row, int count, int column)
        where TVector : unmanaged, IVector<TVector> =>
        ActivationFunctions.Use(activation, new Tile<TVector>(in this, sums, row, count, column));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Write<TVector, TActivation>(float* sums, int row, int count, int column)
        where TVector : unmanaged, IVector<TVector>
        where TActivation : struct, IActivation
    {
        var columns = Math.Min(Width, outFeatures - column);
        for (var i = 0; i < count; i++, sums += Width)
        {
            var to = ((long)(row + i) * outFeatures) + column;
            var rowScale = TVector.Create(rowScales == null ? 1 : rowScales[row + i]);
            for (var j = 0; j < columns; j += TVector.Count)
            {
                var value = TVector.Load(sums + j);
                if (rowScales != null)
                    value *= TVector.Load(scales + column + j) * rowScale;
                if (bias != null)
                    value += TVector.Load(bias + column + j);
                value = TActivation.Apply(value);
                if (residual != null)
                    value += TVector.Load(residual + to + j);
                VectorTail.Store(value, y + to + j, columns - j);
            }
        }
    }

    private readonly ref struct Tile<TVector>(in GemmSimdEpilogue epilogue, float* sums, int row, int count, int column) : IActivationUse
        where TVector : unmanaged, IVector<TVector>
    {
        private readonly ref readonly GemmSimdEpilogue epilogue = ref epilogue;
        private readonly float* sums = sums;

        void IActivationUse.With<TActivation>() => epilogue.Write<TVector, TActivation>(sums, row, count, column);
    }
}
