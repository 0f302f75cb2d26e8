using System.Diagnostics;
using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>
/// How <see cref="Gemm"/> divides its work outside the CPU accelerator. Every shape sums in the same order and gives the same bits.
/// </summary>
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

internal static class GemmShapes
{
    /// <summary>
    /// Default without tuning. Processor: the sums fit AVX2's 16 registers and keep AVX-512 busy. GPU: groups share their inputs.
    /// </summary>
    public static GemmShape Default(DeviceDescription device) => device.IsProcessor ? GemmShape.Tile6x16 : GemmShape.Shared64x64;

    public static void Run(Device device, in GemmArgs args, GemmShape shape)
    {
        // One row shares nothing. The widest tile reads its weights most evenly.
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
