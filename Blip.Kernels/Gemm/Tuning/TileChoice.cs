using Blip.Kernels.Devices;

namespace Blip.Kernels;

internal enum TileOrigin
{
    /// <summary>The device's type: not tuned yet, or tuning is off.</summary>
    Default,

    /// <summary>Named by the program or the environment variable.</summary>
    Forced,

    /// <summary>Timed in this process.</summary>
    Tuned,

    /// <summary>Timed earlier and cached.</summary>
    Cached,
}

/// <summary>
/// A device's <see cref="GemmShape"/> per weight format, outside the CPU accelerator. It is looked up or timed
/// at the first large product, so that short runs with small models never pay. Every shape gives the same bits.
/// </summary>
internal sealed class TileChoice(Device device, GemmShape? forced, bool tunes, string folder) : IDeviceChoice
{
    /// <summary>Least operations of a product for tuning; demo models and single tokens need fewer.</summary>
    public const double WorthTuning = 100e6;

    private const string Auto = "auto", Off = "off";

    private readonly GemmShape?[] shapes = new GemmShape?[Enum.GetValues<DType>().Length];

    public TileOrigin Origin { get; private set; } = forced is null ? TileOrigin.Default : TileOrigin.Forced;

    /// <inheritdoc/>
    public bool IsPortable => forced is not null;

    /// <summary>auto, off, and every shape's name.</summary>
    public static IReadOnlyList<string> Words { get; } = [Auto, Off, .. Enum.GetValues<GemmShape>().Select(Name)];

    public static TileChoice Of(Device device) => (TileChoice)device.Choice;

    /// <summary><c>6x16</c>, <c>shared64x64</c>.</summary>
    public static string Name(GemmShape shape) => shape.ToString().Replace("Tile", "", StringComparison.Ordinal).ToLowerInvariant();

    public static GemmShape? Shape(string? name) =>
        Enum.GetValues<GemmShape>().Where(shape => Name(shape).Equals(name, StringComparison.OrdinalIgnoreCase)).Cast<GemmShape?>()
            .FirstOrDefault();

    /// <summary>The requested shape, or whether to tune.</summary>
    /// <param name="option"><see cref="DeviceOptions.Tile"/>.</param>
    /// <param name="variable">Value of <see cref="Switches.Tile"/>.</param>
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

    /// <summary>
    /// The tile of an unopened device in words: <c>6x16, forced</c>, <c>float32 6x32, int8 12x32, tuned</c> or <c>CUDA's own</c>.
    /// </summary>
    /// <exception cref="DeviceException">The variable is unknown.</exception>
    public static string Describe(DeviceDescription device, string? variable, string folder)
    {
        var (forced, tunes) = Resolve(null, variable);
        if (forced is { } shape)
            return $"{Name(shape)}, forced";
        // GemmCuda runs there; only bfloat16 on sm_75 uses tiles.
        if (device.Kind == DeviceKind.Cuda)
            return "CUDA's own";
        var known = tunes
            ? DTypes.Weights
                .Select(format =>
                    (Format: format, Shape: TileCache.Read(folder, TileKey.Of(device, Device.DefaultGroupSize(device), format))))
                .Where(pair => pair.Shape is not null)
                .Select(pair => $"{pair.Format.ToString().ToLowerInvariant()} {Name(pair.Shape!.Value)}")
                .ToList()
            : [];
        return known.Count > 0 ? $"{string.Join(", ", known)}, tuned" : $"{Name(GemmShapes.Default(device))}, default";
    }

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
