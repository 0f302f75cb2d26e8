namespace Blip.Kernels.Devices;

/// <summary>What the linear layer chooses for each device. A device carries the choice and knows nothing of what is chosen.</summary>
internal interface IDeviceTuning
{
    /// <summary>The linear layer's own, registered when this library is loaded.</summary>
    static IDeviceTuning Current { get; set; } = null!;

    /// <summary>Refuses what an option or an environment variable cannot mean.</summary>
    /// <exception cref="ArgumentException">The option means nothing.</exception>
    /// <exception cref="DeviceException">The variable means nothing.</exception>
    void Check(DeviceOptions options);

    /// <summary>What is known of a device that is not open, in words; null where there is nothing to choose.</summary>
    string? Describe(DeviceDescription device);

    /// <summary>The choice of a device that is being opened; <see cref="Check"/> took its options.</summary>
    IDeviceChoice Choose(Device device, DeviceOptions options);
}

/// <summary>What was chosen for a device.</summary>
internal interface IDeviceChoice
{
    /// <summary>Whether portable kernels run in place of CUDA's own.</summary>
    bool IsPortable { get; }
}
