using System.Text.RegularExpressions;

namespace Blip.Runtime.Hub;

internal static partial class NeededFiles
{
    public const string Config = "config.json";

    private static readonly string[] Small =
    [
        Config, "preprocessor_config.json", "processor_config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
        "special_tokens_map.json", "added_tokens.json", "vocab.txt",
    ];

    // In the order in which a folder is searched for weights.
    private static readonly (string Name, string? Shards)[] Weights =
    [
        ("model.safetensors", null), ("model.safetensors.index.json", ".safetensors"),
        ("pytorch_model.bin", null), ("pytorch_model.bin.index.json", ".bin"),
    ];

    private static readonly string[] Extensions = [".safetensors", ".bin", ".pth", ".pt"];

    /// <summary>Chooses the needed files, small ones first.</summary>
    /// <exception cref="HubException">There is no config, or there are no weights.</exception>
    public static IReadOnlyList<string> Of(string name, IReadOnlyCollection<string> files)
    {
        if (!files.Contains(Config))
            throw new HubException(
                $"{name} has no {Config}, and so is no model that Blip reads (blip pull --all downloads its files all the same).");
        var weights = WeightsOf(files);
        return weights.Count > 0
            ? [.. Small.Where(files.Contains), .. weights]
            : throw new HubException(
                $"{name} holds no weights that Blip reads: none of {string.Join(", ", Weights.Select(known => known.Name))}, "
                + $"and not exactly one file *{string.Join(", *", Extensions)} (blip pull --all downloads its files all the same).");
    }

    /// <summary>All files, small ones first.</summary>
    /// <exception cref="HubException">One would be outside the model's folder.</exception>
    public static IReadOnlyList<string> All(string name, IReadOnlyCollection<string> files)
    {
        if (files.FirstOrDefault(file => !HubListing.IsSafe(file)) is { } outside)
            throw new HubException(
                $"{name} names a file '{HubListing.Shown(outside)}', which cannot be kept in its folder: nothing was downloaded.");
        return [.. files.OrderBy(IsWeights).ThenBy(file => file, StringComparer.Ordinal)];
    }

    private static IReadOnlyList<string> WeightsOf(IReadOnlyCollection<string> files)
    {
        foreach (var (known, shards) in Weights)
        {
            if (!files.Contains(known))
                continue;
            var others = files.Where(file => shards is not null && IsShard(file, known, shards));
            return [known, .. others.Order(StringComparer.Ordinal)];
        }
        var only = files.Where(file => !file.Contains('/') && HubListing.IsSafe(file) && IsWeights(file)).ToList();
        return only is [_] ? only : [];
    }

    private static bool IsWeights(string file) => Extensions.Contains(Path.GetExtension(file).ToLowerInvariant());

    // "model.safetensors.index.json" names model-00001-of-00003.safetensors.
    private static bool IsShard(string file, string index, string extension) =>
        Shard().Match(file) is { Success: true } match && match.Groups[2].Value == extension
        && index.StartsWith(match.Groups[1].Value + extension, StringComparison.Ordinal);

    [GeneratedRegex(@"^([a-z_]+)-\d{1,9}-of-\d{1,9}(\.[a-z]+)$")]
    private static partial Regex Shard();
}
