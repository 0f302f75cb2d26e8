namespace Blip.Kernels.Devices;

/// <summary>A device is missing or unusable.</summary>
public sealed class DeviceException : BlipException
{
    /// <summary>Makes the exception.</summary>
    public DeviceException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
