using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// For kernels on CPU cores. A work-item computes a tile of <typeparamref name="TTile"/> without barriers; its
/// sums stay in registers for a chain of products (see <see cref="Lanes"/>).
/// </summary>
internal static class GemmPortable<TTile>
    where TTile : struct, IGemmTile
{
    public static void Run(Device device, in GemmArgs args) => WeightTypes.Use(args.Weights, new Launch(device, args));

    private readonly struct Launch(Device device, GemmArgs args) : IWeightUse
    {
        void IWeightUse.With<TStored, TFormat>(ArrayView<TStored> weights)
        {
            var tiles = (args.Weights.OutFeatures + TTile.Columns - 1L) / TTile.Columns * ((args.Rows + TTile.Rows - 1) / TTile.Rows);
            var groups = checked((int)((tiles + device.GroupSize - 1) / device.GroupSize));
            device.Launch(
                new KernelConfig(groups, device.GroupSize),
                new GemmPortable.Kernel<TStored, TFormat, TTile>(
                    args.X, weights, device.OrEmpty(args.Weights.Scales), device.OrEmpty(args.Bias), device.OrEmpty(args.Residual), args.Y,
                    args.Rows, args.Weights.OutFeatures, args.Weights.InFeatures, (int)args.Activation));
        }
    }
}

internal static class GemmPortable
{
    [Kernel(typeof(float), typeof(Float32Weights), typeof(Tile6x64)),
        Kernel(typeof(ushort), typeof(Weights16<Float16Format>), typeof(Tile6x64))]
    [Kernel(typeof(ushort), typeof(Weights16<BFloat16Format>), typeof(Tile6x16)),
        Kernel(typeof(sbyte), typeof(Int8Weights), typeof(Tile1x64))]
    internal readonly struct Kernel<TStored, TFormat, TTile>(
        ArrayView<float> x, ArrayView<TStored> weights, ArrayView<float> scales, ArrayView<float> bias, ArrayView<float> residual,
            ArrayView<float> y,
        int rows, int outFeatures, int inFeatures, int activation) : IDeviceKernel
        where TStored : unmanaged
        where TFormat : struct, IWeightDType<TStored>
        where TTile : struct, IGemmTile
    {
        public void Run()
        {
            // Neighbouring tiles have the same columns, so that their weights stay in the cache.
            var tile = ((long)Grid.IdxX * Group.DimX) + Group.IdxX;
            var rowTiles = (rows + TTile.Rows - 1) / TTile.Rows;
            var column = (int)(tile / rowTiles) * TTile.Columns;
            var row = (int)(tile % rowTiles) * TTile.Rows;
            if (column >= outFeatures)
                return;

            var panel = column / PackedWeights.PanelWidth;
            var output = column % PackedWeights.PanelWidth;
            var w = weights.SubView((long)panel * TFormat.PanelLength(inFeatures), TFormat.PanelLength(inFeatures));
            var tileX = x.SubView((long)row * inFeatures);
            var lastRow = rows - 1 - row;

            var lanes = LocalMemory.Allocate<float>(TTile.Columns);
            var sums = LocalMemory.Allocate<float>(TTile.Rows * TTile.Columns);
            var totals = LocalMemory.Allocate<float>(TTile.Rows * TTile.Columns);
            Lanes.Clear(totals, 0, TTile.Rows * TTile.Columns);
            for (var first = 0; first < inFeatures; first += Gemm.ChainLength)
            {
                Lanes.Clear(sums, 0, TTile.Rows * TTile.Columns);
                var end = IntrinsicMath.Min(first + Gemm.ChainLength, inFeatures);
                for (var k = first; k < end; k++)
                {
                    TFormat.LoadLanes(w, k, output, lanes, TTile.Columns);
                    AddRow<TTile>(0, tileX, k, inFeatures, lastRow, lanes, sums);
                    AddRow<TTile>(1, tileX, k, inFeatures, lastRow, lanes, sums);
                    AddRow<TTile>(2, tileX, k, inFeatures, lastRow, lanes, sums);
                    AddRow<TTile>(3, tileX, k, inFeatures, lastRow, lanes, sums);
                    AddRow<TTile>(4, tileX, k, inFeatures, lastRow, lanes, sums);
                    AddRow<TTile>(5, tileX, k, inFeatures, lastRow, lanes, sums);
                    AddRow<TTile>(6, tileX, k, inFeatures, lastRow, lanes, sums);
                    AddRow<TTile>(7, tileX, k, inFeatures, lastRow, lanes, sums);
                    AddRow<TTile>(8, tileX, k, inFeatures, lastRow, lanes, sums);
                    AddRow<TTile>(9, tileX, k, inFeatures, lastRow, lanes, sums);
                    AddRow<TTile>(10, tileX, k, inFeatures, lastRow, lanes, sums);
                    AddRow<TTile>(11, tileX, k, inFeatures, lastRow, lanes, sums);
                }
                Lanes.AddTo(totals, 0, sums, 0, TTile.Rows * TTile.Columns);
            }

            // Step by step in separate memory: loops without conditions and overlapping views are vectorised.
            var columns = IntrinsicMath.Min(TTile.Columns, outFeatures - column);
            if (scales.Length > 0)
                Scale<TTile>(totals, scales.SubView(column, columns), columns);
            if (bias.Length > 0)
                AddBias<TTile>(totals, bias.SubView(column, columns), columns);
            ActivationFunctions.ApplyAll(totals, TTile.Rows * TTile.Columns, activation);
            for (var r = 0; r < TTile.Rows; r++)
            {
                if (r > lastRow)
                    return;
                var own = totals.SubView(r * TTile.Columns, TTile.Columns);
                var to = ((long)(row + r) * outFeatures) + column;
                if (residual.Length > 0)
                    AddResidual(own, residual.SubView(to, columns), columns);
                Store(own, y.SubView(to, columns), columns);
            }
        }
    }

    // Rows past the last one repeat it and are not stored.
    private static void AddRow<TTile>(
        int r, ArrayView<float> x, int k, int inFeatures, int lastRow, ArrayView<float> lanes, ArrayView<float> sums)
        where TTile : struct, IGemmTile
    {
        if (r < TTile.Rows)
            Lanes.MultiplyAdd(x[(IntrinsicMath.Min(r, lastRow) * inFeatures) + k], lanes, sums, r * TTile.Columns, TTile.Columns);
    }

    private static void Scale<TTile>(ArrayView<float> totals, ArrayView<float> scales, int columns)
        where TTile : struct, IGemmTile
    {
        for (var r = 0; r < TTile.Rows; r++)
        {
            for (var j = 0; j < columns; j++)
                totals[(r * TTile.Columns) + j] *= scales[j];
        }
    }

    private static void AddBias<TTile>(ArrayView<float> totals, ArrayView<float> bias, int columns)
        where TTile : struct, IGemmTile
    {
        for (var r = 0; r < TTile.Rows; r++)
        {
            for (var j = 0; j < columns; j++)
                totals[(r * TTile.Columns) + j] += bias[j];
        }
    }

    private static void AddResidual(ArrayView<float> row, ArrayView<float> residual, int columns)
    {
        for (var j = 0; j < columns; j++)
            row[j] += residual[j];
    }

    private static void Store(ArrayView<float> row, ArrayView<float> y, int columns)
    {
        for (var j = 0; j < columns; j++)
            y[j] = row[j];
    }
}
