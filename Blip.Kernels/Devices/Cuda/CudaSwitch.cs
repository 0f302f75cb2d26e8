namespace Blip.Kernels.Devices;

/// <summary>What CUDA devices do where a program or a user allows it: an option, or else an environment variable.</summary>
internal static class CudaSwitch
{
    /// <summary>The variable for <see cref="DeviceOptions.Tf32"/>.</summary>
    public const string Tf32 = "BLIP_TF32";

    /// <summary>The variable for <see cref="DeviceOptions.WarpGroups"/>.</summary>
    public const string WarpGroups = "BLIP_WGMMA";

    /// <summary>Whether it is allowed.</summary>
    /// <param name="option">What the program says; null: nothing.</param>
    /// <param name="variable">The environment variable.</param>
    /// <exception cref="DeviceException">The program says nothing, and the variable neither yes nor no.</exception>
    public static bool Allows(bool? option, string variable) => option ?? Environment.GetEnvironmentVariable(variable) switch
    {
        "1" => true,
        null or "" or "0" => false,
        var word => throw new DeviceException($"The environment variable {variable} is '{word}'; it may be 1 (allowed) or 0 (not allowed, as without it)."),
    };
}
