namespace Blip.Kernels.Devices;

/// <summary>Blip's environment variables, read only here. Each is an option's default; see <c>docs/switches.md</c>.</summary>
internal static class Switches
{
    /// <summary>The default of <see cref="DeviceOptions.Vectors"/>: <c>auto</c>, or a <see cref="CpuVectors"/> in lower case.</summary>
    public const string Vectors = "BLIP_CPU";

    /// <summary>The default of <see cref="DeviceOptions.Tile"/>: <c>auto</c>, <c>off</c> or a shape such as <c>6x16</c>.</summary>
    public const string Tile = "BLIP_TILE";

    /// <summary>The default of <see cref="DeviceOptions.Tf32"/>: 1 or 0.</summary>
    public const string Tf32 = "BLIP_TF32";

    /// <summary>The default of <see cref="DeviceOptions.WarpGroups"/>: 1 or 0.</summary>
    public const string WarpGroups = "BLIP_WGMMA";

    /// <summary>The default of <c>blip serve --api-key</c>.</summary>
    public const string ApiKey = "BLIP_API_KEY";

    /// <summary>A switch's value, or null.</summary>
    public static string? Read(string name) => Environment.GetEnvironmentVariable(name);

    /// <summary>Whether the option allows something, or else the switch.</summary>
    /// <exception cref="DeviceException">The switch decides, and is neither 1 nor 0.</exception>
    public static bool Allows(bool? option, string name) => option ?? Read(name) switch
    {
        "1" => true,
        null or "" or "0" => false,
        var word => throw new DeviceException(
            $"The environment variable {name} is '{word}'; it may be 1 (allowed) or 0 (not allowed, as without it)."),
    };
}
