namespace Blip.Kernels.Devices;

/// <summary>The linear layer's choice for each device, opaque to the device.</summary>
internal interface IDeviceTuning
{
    /// <summary>The linear layer's, registered when this library is loaded.</summary>
    static IDeviceTuning Current { get; set; } = null!;

    /// <summary>
    /// Throws for invalid options (<see cref="ArgumentException"/>) or environment variables (<see cref="DeviceException"/>).
    /// </summary>
    void Check(DeviceOptions options);

    /// <summary>Describes a device that is not open; null if there is nothing to choose.</summary>
    string? Describe(DeviceDescription device);

    /// <summary>The choice for a device that is being opened, after <see cref="Check"/>.</summary>
    IDeviceChoice Choose(Device device, DeviceOptions options);
}

internal interface IDeviceChoice
{
    /// <summary>Whether portable kernels replace CUDA's own.</summary>
    bool IsPortable { get; }
}
