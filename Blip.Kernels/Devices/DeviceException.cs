namespace Blip.Kernels.Devices;

/// <summary>A device that was asked for is not there, or cannot be used; the message says which are.</summary>
public sealed class DeviceException : BlipException
{
    /// <summary>Makes the exception.</summary>
    public DeviceException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
