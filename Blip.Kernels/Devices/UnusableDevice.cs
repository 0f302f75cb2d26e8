namespace Blip.Kernels.Devices;

/// <summary>A device that cannot run the kernels.</summary>
/// <param name="Kind">The driver that lists it.</param>
/// <param name="Name">The driver's name for it.</param>
/// <param name="Reason">The reason and a remedy.</param>
public sealed record UnusableDevice(DeviceKind Kind, string Name, string Reason);
