namespace Blip.Kernels.Devices;

/// <summary>The kernels' target, which decides where inputs are rounded to 16 bits. It can be named without the device.</summary>
/// <param name="Architecture">CUDA's architecture with its own kernels, 80 for sm_80; 0 with portable ones.</param>
public readonly record struct KernelTarget(int Architecture)
{
    /// <summary>The kernels of a device.</summary>
    public static KernelTarget Of(Device device) => new(device.Choice.IsPortable ? 0 : device.Architecture);
}
