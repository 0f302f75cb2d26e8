using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;

namespace Blip.Kernels;

internal sealed class TileTuning : IDeviceTuning
{
    private static string? Variable => Switches.Read(Switches.Tile);

    /// <inheritdoc/>
    public void Check(DeviceOptions options) => TileChoice.Resolve(options.Tile, Variable);

    /// <inheritdoc/>
    public string? Describe(DeviceDescription device) =>
        device.Vectors is { } vectors ? GemmDot.Describe(vectors) : TileChoice.Describe(device, Variable, TileCache.UserFolder);

    /// <inheritdoc/>
    public IDeviceChoice Choose(Device device, DeviceOptions options)
    {
        var (shape, tunes) = TileChoice.Resolve(options.Tile, Variable);
        // Only tests run portable kernels on the CPU accelerator.
        return device.Kind == DeviceKind.Cpu
            ? new TileChoice(device, null, false, "")
            : new TileChoice(device, shape, tunes, options.TileFolder ?? TileCache.UserFolder);
    }

    // A device opens before the first linear layer.
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Devices lie below the linear layer and cannot name it.")]
    internal static void Register() => IDeviceTuning.Current = new TileTuning();
}
