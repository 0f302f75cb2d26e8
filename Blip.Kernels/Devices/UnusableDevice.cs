namespace Blip.Kernels.Devices;

/// <summary>A device that is there and cannot run the kernels.</summary>
/// <param name="Kind">The driver that knows it.</param>
/// <param name="Name">Its name, as the driver tells it.</param>
/// <param name="Reason">The reason, and a remedy.</param>
public sealed record UnusableDevice(DeviceKind Kind, string Name, string Reason);
