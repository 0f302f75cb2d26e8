using System.Diagnostics;
using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>How <see cref="Gemm"/> cuts its work where it does not run on the CPU accelerator. Every shape sums in the same order and gives the same bits.</summary>
internal enum GemmShape
{
    /// <summary><see cref="GemmPortable{TTile}"/> with <see cref="Blip.Kernels.Tile6x16"/>.</summary>
    Tile6x16,

    /// <summary><see cref="GemmPortable{TTile}"/> with <see cref="Blip.Kernels.Tile6x32"/>.</summary>
    Tile6x32,

    /// <summary><see cref="GemmPortable{TTile}"/> with <see cref="Blip.Kernels.Tile6x64"/>.</summary>
    Tile6x64,

    /// <summary><see cref="GemmPortable{TTile}"/> with <see cref="Blip.Kernels.Tile12x32"/>.</summary>
    Tile12x32,

    /// <summary><see cref="GemmShared"/>.</summary>
    Shared64x64,
}

/// <summary>Launches a shape.</summary>
internal static class GemmShapes
{
    /// <summary>
    /// The default of a device that was not tuned. A processor: few enough sums for the 16 registers of AVX2, enough to keep those of AVX-512 busy.
    /// A GPU: groups that share their inputs.
    /// </summary>
    public static GemmShape Default(DeviceDescription device) => device.IsProcessor ? GemmShape.Tile6x16 : GemmShape.Shared64x64;

    public static void Run(Device device, in GemmArgs args, GemmShape shape)
    {
        // One row reads every weight for a single product: nothing is shared, and the widest tile reads them most evenly.
        if (args.Rows == 1 && shape != GemmShape.Shared64x64)
        {
            GemmPortable<Tile1x64>.Run(device, args);
            return;
        }
        switch (shape)
        {
            case GemmShape.Tile6x16: GemmPortable<Tile6x16>.Run(device, args); break;
            case GemmShape.Tile6x32: GemmPortable<Tile6x32>.Run(device, args); break;
            case GemmShape.Tile6x64: GemmPortable<Tile6x64>.Run(device, args); break;
            case GemmShape.Tile12x32: GemmPortable<Tile12x32>.Run(device, args); break;
            case GemmShape.Shared64x64: GemmShared.Run(device, args); break;
            default: throw new UnreachableException($"No kernel cuts its work as {shape}.");
        }
    }
}
