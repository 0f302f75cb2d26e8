namespace Blip.Kernels.Devices;

/// <summary>The linear layer's choice for each device, opaque to the device.</summary>
internal interface IDeviceTuning
{
    /// <summary>Registered when this library is loaded.</summary>
    static IDeviceTuning Current { get; set; } = null!;

    /// <summary>
    /// Throws for invalid options (<see cref="ArgumentException"/>) or environment variables (<see cref="DeviceException"/>).
    /// </summary>
    void Check(DeviceOptions options);

    /// <summary>Describes a device before it is opened; null without a choice.</summary>
    string? Describe(DeviceDescription device);

    /// <summary>The choice for a device, after <see cref="Check"/>.</summary>
    IDeviceChoice Choose(Device device, DeviceOptions options);
}

internal interface IDeviceChoice
{
    /// <summary>Whether portable kernels replace CUDA's own.</summary>
    bool IsPortable { get; }
}
