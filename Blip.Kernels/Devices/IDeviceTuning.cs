namespace Blip.Kernels.Devices;

/// <summary>The linear layer's choice for each device. A device carries the choice without knowing its content.</summary>
internal interface IDeviceTuning
{
    /// <summary>The linear layer's own, registered when this library is loaded.</summary>
    static IDeviceTuning Current { get; set; } = null!;

    /// <summary>Refuses invalid values of an option or an environment variable.</summary>
    /// <exception cref="ArgumentException">The option means nothing.</exception>
    /// <exception cref="DeviceException">The variable means nothing.</exception>
    void Check(DeviceOptions options);

    /// <summary>The known facts about a device that is not open, in words; null where there is nothing to choose.</summary>
    string? Describe(DeviceDescription device);

    /// <summary>The choice of a device that is being opened; <see cref="Check"/> took its options.</summary>
    IDeviceChoice Choose(Device device, DeviceOptions options);
}

/// <summary>The choice for a device.</summary>
internal interface IDeviceChoice
{
    /// <summary>Whether portable kernels run in place of CUDA's own.</summary>
    bool IsPortable { get; }
}
