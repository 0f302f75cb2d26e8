using Blip.Kernels.Devices;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>How a linear layer cuts its work on CUDA. Both shapes of a format add in the order of <see cref="GemmSlices"/> and give the same bits.</summary>
internal enum GemmCudaShape
{
    /// <summary><see cref="GemmTensorCore"/>, <see cref="GemmRegisters"/>: tiles of 128 rows.</summary>
    Tiles,

    /// <summary><see cref="GemmTensorCoreRows"/>, <see cref="GemmRegistersRows"/>: every weight is read once per 16 or 8 rows.</summary>
    Rows,
}

/// <summary>
/// The linear layer on CUDA: 16 bits on tensor cores, with inputs rounded to the format of the weights; 8 bits on tensor cores with inputs in half
/// precision; single precision in registers.
/// </summary>
internal static class GemmCuda
{
    // Rows from which tiles of 128 are worth it even where they leave multiprocessors idle.
    private const int ManyRows = 256;

    /// <summary>Whether the device has a kernel for weights of a format; bfloat16 wants sm_80.</summary>
    public static bool Takes(Device device, WeightFormat format) => device.Architecture >= (format == WeightFormat.BFloat16 ? 80 : 75);

    /// <summary>Whether inputs are rounded before they are multiplied with weights of a format.</summary>
    public static bool Rounds(Device device, WeightFormat format) => format != WeightFormat.Float32 && Takes(device, format);

    /// <summary>Multiplies.</summary>
    public static void Run(Device device, in GemmArgs args)
    {
        var shape = Choose(args.Rows, args.Weights, device.Workers);
        if (shape == GemmCudaShape.Tiles && Aligned(args) && TryOption(device, args))
            return;
        Run(device, args, shape);
    }

    /// <summary>The shape for a product on a GPU of so many multiprocessors.</summary>
    public static GemmCudaShape Choose(int rows, PackedWeights weights, int multiprocessors)
    {
        // Bytes have no kernel of tiles.
        if (weights.Format == WeightFormat.Int8)
            return GemmCudaShape.Rows;
        var tiles = (rows + GemmTensorCore.TileRows - 1L) / GemmTensorCore.TileRows * ((weights.Panels + 1) / 2);
        return rows > ManyRows || (rows > GemmTensorCoreRows.TileRows && 2 * tiles >= multiprocessors) ? GemmCudaShape.Tiles : GemmCudaShape.Rows;
    }

    /// <summary>Multiplies with one shape.</summary>
    /// <exception cref="ArgumentException">There are no tiles for this format.</exception>
    public static void Run(Device device, in GemmArgs args, GemmCudaShape shape)
    {
        if (Aligned(args))
            Run<AlignedRows>(device, args, shape);
        else
            Run<AnyRows>(device, args, shape);
    }

    private static bool Aligned(in GemmArgs args) => args.Weights.InFeatures % 4 == 0 && args.X.LoadEffectiveAddressAsPtr() % 16 == 0;

    // What must be asked for: these give other bits than the shape of few rows.
    private static bool TryOption(Device device, in GemmArgs args)
    {
        switch (args.Weights.Format)
        {
            case WeightFormat.Float32 when device.Tf32: GemmTf32.Run(device, args); return true;
            case WeightFormat.Float16 when device.WarpGroups: GemmTensorCore.Run<Float16Matrix, AlignedRows, WarpGroupSums, ThreeStages>(device, args); return true;
            case WeightFormat.BFloat16 when device.WarpGroups: GemmTensorCore.Run<BFloat16Matrix, AlignedRows, WarpGroupSums, ThreeStages>(device, args); return true;
            default: return false;
        }
    }

    private static void Run<TRows>(Device device, in GemmArgs args, GemmCudaShape shape)
        where TRows : struct, IRowReader
    {
        switch (args.Weights.Format, shape)
        {
            case (WeightFormat.Float32, GemmCudaShape.Tiles): GemmRegisters.Run<TRows>(device, args); break;
            case (WeightFormat.Float32, _): GemmRegistersRows.Run<TRows>(device, args); break;
            case (WeightFormat.Float16, GemmCudaShape.Tiles): GemmTensorCore.Run<Float16Matrix, TRows>(device, args); break;
            case (WeightFormat.Float16, _): GemmTensorCoreRows.Run<Float16Matrix, TRows>(device, args); break;
            case (WeightFormat.BFloat16, GemmCudaShape.Tiles): GemmTensorCore.Run<BFloat16Matrix, TRows>(device, args); break;
            case (WeightFormat.BFloat16, _): GemmTensorCoreRows.Run<BFloat16Matrix, TRows>(device, args); break;
            case (_, GemmCudaShape.Rows): GemmTensorCoreRows.Run<Int8Matrix, TRows>(device, args); break;
            default: throw new ArgumentException($"{args.Weights.Format} has no {shape}.", nameof(shape));
        }
    }
}
