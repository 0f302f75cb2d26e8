using System.Diagnostics;
using Blip.Kernels.Devices;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// How a linear layer divides its work on CUDA. Both shapes add in the order of <see cref="GemmSlices"/> and give the same bits.
/// </summary>
internal enum GemmCudaShape
{
    /// <summary><see cref="GemmTensorCore"/>, <see cref="GemmRegisters"/>: tiles of 128 rows.</summary>
    Tiles,

    /// <summary><see cref="GemmTensorCoreRows"/>, <see cref="GemmRegistersRows"/>: each weight is read once per 16 or 8 rows.</summary>
    Rows,
}

/// <summary>
/// The linear layer on CUDA. Tensor cores multiply 16-bit weights by inputs rounded to their format, and 8-bit weights by inputs in half
/// precision. Single precision is multiplied in registers. Inputs stored in the rounded format give the same bits.
/// </summary>
internal static class GemmCuda
{
    // Above this, tiles of 128 rows pay even with idle multiprocessors.
    private const int ManyRows = 256;

    /// <summary>Returns whether the rows are normalised, too.</summary>
    public static bool Run(Device device, in GemmArgs args)
    {
        if (NormsIn(args.Rows))
        {
            Run(device, args, GemmCudaShape.Rows);
            return true;
        }
        var plain = args with { Gamma = default };
        var shape = Choose(args.Rows, args.Weights, device.Workers);
        if (shape != GemmCudaShape.Tiles || !Aligned(plain) || !TryOption(device, plain))
            Run(device, plain, shape);
        return false;
    }

    /// <summary>Whether the product's kernel normalises so many rows: a token's, where a launch costs as much as the norm.</summary>
    public static bool NormsIn(long rows) => rows <= GemmTensorCoreRows.TileRows;

    public static GemmCudaShape Choose(int rows, PackedWeights weights, int multiprocessors)
    {
        var tiles = (rows + GemmTensorCore.TileRows - 1L) / GemmTensorCore.TileRows * ((weights.Panels + 1) / 2);
        return rows > ManyRows || (rows > GemmTensorCoreRows.TileRows && 2 * tiles >= multiprocessors)
            ? GemmCudaShape.Tiles
            : GemmCudaShape.Rows;
    }

    /// <summary>Multiplies with one shape.</summary>
    /// <exception cref="ArgumentException">Inputs of 16 bits are not aligned.</exception>
    public static void Run(Device device, in GemmArgs args, GemmCudaShape shape)
    {
        if (args.XFormat.Is16Bits())
            Multiply<Inputs16>(device, Aligned(args)
                ? args
                : throw new ArgumentException("X begins at no multiple of 16 bytes.", nameof(args)), shape);
        else if (Aligned(args))
            Run<AlignedRows>(device, args, shape);
        else
            Run<AnyRows>(device, args, shape);
    }

    // Rows begin at multiples of 16 bytes.
    private static bool Aligned(in GemmArgs args) =>
        args.Weights.InFeatures % (args.XFormat.Is16Bits() ? ValueFormats.Unit : 4) == 0 && args.X.LoadEffectiveAddressAsPtr() % 16 == 0;

    // Only on request: these give other bits than the shape of few rows.
    private static bool TryOption(Device device, in GemmArgs args)
    {
        if (args.Weights.Format == DType.Float32 && device.Tf32)
            GemmTf32.Run(device, args);
        else if (args.Weights.Format.Is16Bits() && device.WarpGroups && args.XFormat.Is16Bits())
            RunTiles<Inputs16, WarpGroupSums>(device, args);
        else if (args.Weights.Format.Is16Bits() && device.WarpGroups)
            RunTiles<RoundedInputs<AlignedRows>, WarpGroupSums>(device, args);
        else
            return false;
        return true;
    }

    private static void Run<TRows>(Device device, in GemmArgs args, GemmCudaShape shape)
        where TRows : struct, IRowReader
    {
        if (args.Weights.Format != DType.Float32)
        {
            Multiply<RoundedInputs<TRows>>(device, args, shape);
            return;
        }
        switch (shape)
        {
            case GemmCudaShape.Tiles: GemmRegisters.Run<TRows>(device, args); break;
            case GemmCudaShape.Rows: GemmRegistersRows.Run<TRows>(device, args); break;
            default: throw Unknown(shape);
        }
    }

    private static void Multiply<TInputs>(Device device, in GemmArgs args, GemmCudaShape shape)
        where TInputs : struct, IMatrixInputs
    {
        switch (shape)
        {
            case GemmCudaShape.Tiles: RunTiles<TInputs, WarpSums>(device, args); break;
            case GemmCudaShape.Rows: MatrixTypes.Use(args.Weights.Format, new RowsLaunch<TInputs>(device, args)); break;
            default: throw Unknown(shape);
        }
    }

    private static void RunTiles<TInputs, TSums>(Device device, in GemmArgs args)
        where TInputs : struct, IMatrixInputs
        where TSums : unmanaged, ITileSums<TSums> =>
        MatrixTypes.Use(args.Weights.Format, new TilesLaunch<TInputs, TSums>(device, args));

    private static UnreachableException Unknown(GemmCudaShape shape) => new($"No kernel cuts its work as {shape}.");

    private readonly struct RowsLaunch<TInputs>(Device device, GemmArgs args) : IMatrixUse
        where TInputs : struct, IMatrixInputs
    {
        void IMatrixUse.With<TPrecision>() => GemmTensorCoreRows.Run<TPrecision, TInputs>(device, args);
    }

    private readonly struct TilesLaunch<TInputs, TSums>(Device device, GemmArgs args) : IMatrixUse
        where TInputs : struct, IMatrixInputs
        where TSums : unmanaged, ITileSums<TSums>
    {
        void IMatrixUse.With<TPrecision>() => GemmTensorCore.Run<TPrecision, TInputs, TSums>(device, args);
    }
}
