using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Blip.Bootstrapping.Selection;
using Blip.Datasets;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Files;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Bootstrapping.Engine;

/// <summary><c>bootstrap.json</c>: the run's description. A further process may join only with an equal one.</summary>
internal sealed record ManifestFile
{
    private const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    /// <summary>The version of Blip that began the run.</summary>
    public string Blip { get; init; } = "";

    /// <summary>The captioner; null without generated captions.</summary>
    public ManifestModel? Captioner { get; init; }

    /// <summary>The filter; null if all texts are human.</summary>
    public ManifestModel? Filter { get; init; }

    /// <summary>Every option that affects results, by name.</summary>
    public required JsonObject Options { get; init; }

    /// <summary>The web sources as given.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>The human sources as given.</summary>
    public IReadOnlyList<string> HumanSources { get; init; } = [];

    /// <summary>The shards by number.</summary>
    public IReadOnlyList<string> Shards { get; init; } = [];

    public static ManifestFile Of(BootstrapRequest request, BootstrapSources sources)
    {
        var (options, models) = (request.Options, request.Options.Models);
        var writes = sources.Web.Count > 0;
        return new ManifestFile
        {
            Blip = typeof(ManifestFile).Assembly.GetName().Version?.ToString(3) ?? "",
            Captioner = writes && models.CaptionsPerImage > 0 ? Model(request.Captioner, models.CaptionerAdapter, models) : null,
            Filter = writes ? Model(request.Filter, models.FilterAdapter, models) : null,
            Options = OptionsOf(options),
            Sources = request.Sources,
            HumanSources = request.HumanSources,
            Shards = [.. sources.Web.Concat(sources.Human).Select(shard => shard.Name)],
        };
    }

    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, ManifestForms.Readable.ManifestFile), (byte)'\n'];

    public static ManifestFile Read(string path)
    {
        try
        {
            var file = JsonSerializer.Deserialize(File.ReadAllBytes(path), ManifestForms.Default.ManifestFile)
                ?? throw new BootstrapException($"{path}: the file holds null; it is no manifest of a run.");
            return file.Format == CurrentFormat
                ? file
                : throw new BootstrapException(
                    $"{path}: the manifest has format {file.Format}, and this version reads {CurrentFormat}; "
                    + $"use the version that wrote it, {file.Blip}.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BootstrapException($"{path}: there is no such file; name the folder of a run, or begin one with 'bootstrap run'.", e);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new BootstrapException($"{path}: the manifest cannot be read: {FailureReason.Of(e, path)}.", e);
        }
    }

    /// <summary>A hash of all that must be equal, without names and versions.</summary>
    public string Fingerprint() => Convert.ToHexStringLower(System.IO.Hashing.XxHash128.Hash(JsonSerializer.SerializeToUtf8Bytes(
        this with { Blip = "", Captioner = Captioner?.Nameless, Filter = Filter?.Nameless, Sources = [], HumanSources = [] },
        ManifestForms.Default.ManifestFile)));

    /// <summary>The differences of another run, for people; empty for the same run.</summary>
    public IReadOnlyList<string> Differences(ManifestFile other)
    {
        var differences = new List<string>();
        Compare(
            "captioner", Captioner?.Fingerprint, other.Captioner?.Fingerprint,
            $"{Captioner?.Name ?? "none"}", $"{other.Captioner?.Name ?? "none"}");
        Compare("filter", Filter?.Fingerprint, other.Filter?.Fingerprint, $"{Filter?.Name ?? "none"}", $"{other.Filter?.Name ?? "none"}");
        foreach (var name in Options.Select(option => option.Key).Union(other.Options.Select(option => option.Key)))
            Compare(name, Text(Options[name]), Text(other.Options[name]), Text(Options[name]), Text(other.Options[name]));
        if (Shards.Count != other.Shards.Count)
            differences.Add($"the sources have {other.Shards.Count} shards, not {Shards.Count}");
        else if (Shards.Zip(other.Shards).FirstOrDefault(pair => pair.First != pair.Second) is { First: not null } pair)
            differences.Add($"the sources differ: '{pair.Second}', not '{pair.First}'");
        return differences;

        void Compare(string name, string? mine, string? theirs, string shown, string otherShown)
        {
            if (mine != theirs)
                differences.Add(shown == otherShown
                    ? $"{name} has other weights or another vocabulary ({shown})"
                    : $"{name} is {otherShown}, not {shown}");
        }
    }

    private static string Text(JsonNode? value) => value?.ToJsonString() ?? "not set";

    private static ManifestModel Model(string model, string? adapter, CapFiltOptions options)
    {
        var source = ModelSource.Resolve(model).WithAdapter(adapter);
        return new ManifestModel(model, CapFilt.Fingerprint(source, options));
    }

    public static JsonObject OptionsOf(SelectionOptions selection) => new()
    {
        ["itm-threshold"] = selection.ItmThreshold,
        ["itc-threshold"] = selection.ItcThreshold,
        ["keep-top"] = selection.KeepTop,
        ["rank-by"] = Name(selection.RankBy),
        ["min-side"] = selection.MinSide,
        ["max-aspect-ratio"] = selection.MaxAspectRatio,
        ["drop-pattern"] = List(selection.DropPatterns),
        ["keep-pattern"] = List(selection.KeepPatterns),
        ["drop-duplicate-images"] = selection.DropDuplicateImages,
        ["drop-duplicate-texts"] = selection.DropDuplicateTexts,
    };

    public DatasetOptions DatasetOptions() => new()
    {
        Format = (string?)Options["format"],
        ImageColumn = (string?)Options["image-column"],
        TextColumn = (string?)Options["text-column"],
        KeyColumn = (string?)Options["key-column"],
        ImageRoot = (string?)Options["image-root"],
        ShardSize = (int?)Options["shard-size"] ?? new DatasetOptions().ShardSize,
        Split = (string?)Options["split"] ?? new DatasetOptions().Split,
    };

    private static JsonObject OptionsOf(BootstrapOptions options)
    {
        var models = options.Models;
        var all = new JsonObject
        {
            ["captions"] = models.CaptionsPerImage,
            ["prompt"] = models.Prompt,
            ["match-token"] = models.EncoderToken ? "enc" : "cls",
            ["max-text-tokens"] = models.MaxTextTokens,
            ["clean-texts"] = models.CleanTexts,
            ["precision"] = Name(models.Precision),
            ["encoder-precision"] = Name(models.EncoderPrecision ?? models.Precision.ForEncoder()),
            ["compat"] = Name(models.Compat),
            ["write"] = List(options.Outputs),
            ["format"] = options.Datasets.Format,
            ["image-column"] = options.Datasets.ImageColumn,
            ["text-column"] = options.Datasets.TextColumn,
            ["key-column"] = options.Datasets.KeyColumn,
            ["image-root"] = options.Datasets.ImageRoot,
            ["shard-size"] = options.Datasets.ShardSize,
            ["split"] = options.Datasets.Split,
        };
        // Absent in older runs, which must keep their fingerprint.
        if (models.Images.Background is { } color)
            all["background"] = $"#{color.Red:x2}{color.Green:x2}{color.Blue:x2}";
        var chosen = JsonSerializer.SerializeToNode(models.Generation, ManifestForms.Kebab.GenerationOptions)!.AsObject();
        foreach (var (name, value) in chosen.Concat(OptionsOf(options.Selection)))
            all[name] = value?.DeepClone();
        return all;
    }

    internal static JsonArray List(IEnumerable<string> values) => new([.. values.Select(value => JsonValue.Create(value))]);

    private static string Name<T>(T value)
        where T : struct, Enum => $"{value}".ToLowerInvariant();
}

/// <summary>A model of a run.</summary>
/// <param name="Name">The user's name for it.</param>
/// <param name="Fingerprint">Equal for equal weights, precision, vocabulary and preprocessing.</param>
internal sealed record ManifestModel(string Name, string Fingerprint)
{
    /// <summary>The model without its name.</summary>
    [JsonIgnore]
    public ManifestModel Nameless => this with { Name = "" };
}

/// <summary>Source-generated JSON of a run's files.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ManifestFile))]
[JsonSerializable(typeof(DoneFile))]
[JsonSerializable(typeof(ErrorFile))]
[JsonSerializable(typeof(WorkerFile))]
[JsonSerializable(typeof(GenerationOptions))]
internal sealed partial class ManifestForms : JsonSerializerContext
{
    private static readonly JsonSerializerOptions Same = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Names as on the command line.</summary>
    public static ManifestForms Kebab { get; } = new(
        new JsonSerializerOptions(Same) { PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower });

    /// <summary>For people: one member a line, unescaped letters.</summary>
    public static ManifestForms Readable { get; } = new(new JsonSerializerOptions(Same));
}
