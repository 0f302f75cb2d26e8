using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>Where a device's tile comes from.</summary>
internal enum TileOrigin
{
    /// <summary>The device's type: not tuned yet, or tuning is off.</summary>
    Default,

    /// <summary>The program or the environment variable named it.</summary>
    Forced,

    /// <summary>The candidates were timed in this process.</summary>
    Tuned,

    /// <summary>They were timed before, and the user's cache kept the winner.</summary>
    Cached,
}

/// <summary>
/// The <see cref="GemmShape"/> of a device other than the CPU accelerator, per weight format. It is looked up, or the candidates are timed,
/// at the first product that is worth it: a short run with a small model never pays for it. Every shape gives the same bits.
/// </summary>
internal sealed class TileChoice(Device device, GemmShape? forced, bool tunes, string folder) : IDeviceChoice
{
    /// <summary>Operations of a product from which tuning is worth its time: below are the demo models and single tokens.</summary>
    public const double WorthTuning = 100e6;

    private const string Auto = "auto", Off = "off";

    private readonly GemmShape?[] shapes = new GemmShape?[Enum.GetValues<DType>().Length];

    /// <summary>Where the latest choice comes from.</summary>
    public TileOrigin Origin { get; private set; } = forced is null ? TileOrigin.Default : TileOrigin.Forced;

    /// <inheritdoc/>
    public bool IsPortable => forced is not null;

    /// <summary>The words that choose: auto, off, and every shape's name.</summary>
    public static IReadOnlyList<string> Words { get; } = [Auto, Off, .. Enum.GetValues<GemmShape>().Select(Name)];

    /// <summary>The choice of a device.</summary>
    public static TileChoice Of(Device device) => (TileChoice)device.Choice;

    /// <summary>The name of a shape: <c>6x16</c>, <c>shared64x64</c>.</summary>
    public static string Name(GemmShape shape) => shape.ToString().Replace("Tile", "", StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>The shape that has a name, or null.</summary>
    public static GemmShape? Shape(string? name) =>
        Enum.GetValues<GemmShape>().Where(shape => Name(shape).Equals(name, StringComparison.OrdinalIgnoreCase)).Cast<GemmShape?>().FirstOrDefault();

    /// <summary>The request of the program or the environment: a shape, or whether to tune.</summary>
    /// <param name="option"><see cref="DeviceOptions.Tile"/>.</param>
    /// <param name="variable">The value of <see cref="Switches.Tile"/>.</param>
    /// <exception cref="ArgumentException">The option is none of <see cref="Words"/>.</exception>
    /// <exception cref="DeviceException">The variable is none of them.</exception>
    public static (GemmShape? Forced, bool Tunes) Resolve(string? option, string? variable)
    {
        var word = option ?? (string.IsNullOrEmpty(variable) ? Auto : variable);
        if (Shape(word) is { } shape)
            return (shape, false);
        if (word.Equals(Auto, StringComparison.OrdinalIgnoreCase))
            return (null, true);
        if (word.Equals(Off, StringComparison.OrdinalIgnoreCase))
            return (null, false);
        throw option is not null
            ? new ArgumentException($"Tile is '{option}'; it may be {string.Join(", ", Words)}.", nameof(option))
            : new DeviceException($"The environment variable {Switches.Tile} is '{variable}'; it may be {string.Join(", ", Words)}.");
    }

    /// <summary>The tile of a device that is not open, in words: <c>6x16, forced</c>, <c>float32 6x32, int8 12x32, tuned</c> or <c>CUDA's own</c>.</summary>
    /// <param name="device">The device.</param>
    /// <param name="variable">The value of <see cref="Switches.Tile"/>.</param>
    /// <param name="folder">Where tuned shapes are kept.</param>
    /// <exception cref="DeviceException">The variable says something unknown.</exception>
    public static string Describe(DeviceDescription device, string? variable, string folder)
    {
        var (forced, tunes) = Resolve(null, variable);
        if (forced is { } shape)
            return $"{Name(shape)}, forced";
        // GemmCuda runs there; tiles are for bfloat16 on sm_75 alone.
        if (device.Kind == DeviceKind.Cuda)
            return "CUDA's own";
        var known = tunes
            ? DTypes.Weights
                .Select(format => (Format: format, Shape: TileCache.Read(folder, TileKey.Of(device, Device.DefaultGroupSize(device), format))))
                .Where(pair => pair.Shape is not null)
                .Select(pair => $"{pair.Format.ToString().ToLowerInvariant()} {Name(pair.Shape!.Value)}")
                .ToList()
            : [];
        return known.Count > 0 ? $"{string.Join(", ", known)}, tuned" : $"{Name(GemmShapes.Default(device))}, default";
    }

    /// <summary>The shape for a product.</summary>
    public GemmShape For(in GemmArgs args)
    {
        if (forced is { } shape)
            return shape;
        var format = args.Weights.Format;
        if (shapes[(int)format] is { } chosen)
            return chosen;
        if (!tunes || 2.0 * args.Rows * args.Weights.InFeatures * args.Weights.OutFeatures < WorthTuning)
            return GemmShapes.Default(device.Description);

        var key = TileKey.Of(device.Description, device.GroupSize, format);
        if (TileCache.Read(folder, key) is { } cached)
        {
            Origin = TileOrigin.Cached;
            shapes[(int)format] = cached;
            return cached;
        }
        var tuned = TileTuner.Fastest(device, format);
        TileCache.Write(folder, key, tuned);
        Origin = TileOrigin.Tuned;
        shapes[(int)format] = tuned;
        return tuned;
    }
}
