using System.CommandLine;
using Blip.Bootstrapping.Selection;
using Blip.Datasets.Writing;

namespace Blip.Cli.Options;

/// <summary>Which texts are kept, and how kept pairs are written.</summary>
internal sealed class SelectionBinding
{
    private const string NoThreshold = "none", NoFormat = "none";

    private readonly Option<string?> itm = OptionKinds.Text(
        "--itm-threshold", "The least probability of a match (ITM), 0 to 1; none keeps texts at any. [default: 0.5, the paper's]", "p");

    private readonly Option<double?> itc = OptionKinds.Number<double>(
        "--itc-threshold", "The least cosine of the vectors of text and image (ITC), -1 to 1. [default: none]", "c");
    private readonly Option<int?> keepTop = OptionKinds.Number<int>(
        "--keep-top", "Keep no more than the best n texts of an image. [default: all]");
    private readonly Option<string> rankBy = OptionKinds.Choice(
        "--rank-by", "What the best are told by.", "itm", [.. Enum.GetNames<RankBy>().Select(name => name.ToLowerInvariant())]);
    private readonly Option<int?> minSide = OptionKinds.Number<int>(
        "--min-side", "Drop images whose shorter side has fewer pixels; BLIP drops below 256. [default: none]");
    private readonly Option<double?> maxAspect = OptionKinds.Number<double>(
        "--max-aspect-ratio", "Drop images whose longer side is more than so many times the shorter. [default: none]", "r");
    private readonly Option<string[]> drop = OptionKinds.Texts(
        "--drop-pattern", "Drop texts that match this regular expression, in any case. Repeatable.", "REGEX");
    private readonly Option<string[]> keep = OptionKinds.Texts(
        "--keep-pattern",
        "Keep only texts that match this regular expression (of one of several), a language's letters for example. "
        + "Repeatable.",
        "REGEX");

    private readonly Option<bool> duplicateImages = new("--drop-duplicate-images")
    {
        Description = "Keep one of equal images: of a shard in a run, of all shards in a selection.",
    };
    private readonly Option<bool> duplicateTexts = new("--drop-duplicate-texts")
    {
        Description = "Keep one of equal texts of several images, likewise.",
    };
    private readonly Option<string[]> write;

    public SelectionBinding(Command command)
    {
        write = new Option<string[]>("--write")
        {
            Description = $"How the kept pairs are written: {string.Join(", ", DatasetWriters.Formats)}; none writes the table alone. "
                + "Give webdataset beside one other, if need be. [default: webdataset]",
            HelpName = string.Join('|', DatasetWriters.Formats.Append(NoFormat)),
            AllowMultipleArgumentsPerToken = false,
        };
        write.Validators.Add(result =>
        {
            foreach (var word in result.Tokens.Select(token => token.Value)
                .Where(word => word != NoFormat && !DatasetWriters.Formats.Contains(word)))
                result.AddError($"--write is '{word}'; give one of {string.Join(", ", DatasetWriters.Formats)}, or {NoFormat}.");
        });
        write.CompletionSources.Add([.. DatasetWriters.Formats, NoFormat]);
        All = [itm, itc, keepTop, rankBy, minSide, maxAspect, drop, keep, duplicateImages, duplicateTexts, write];
        foreach (var option in All)
            command.Add(option);
    }

    public IReadOnlyList<Option> All { get; }

    /// <exception cref="UsageException">The threshold is not a number.</exception>
    public SelectionOptions Options(ParseResult parsed) => new()
    {
        ItmThreshold = Threshold(parsed.GetValue(itm)),
        ItcThreshold = parsed.GetValue(itc),
        KeepTop = parsed.GetValue(keepTop),
        RankBy = Enum.Parse<RankBy>(parsed.GetRequiredValue(rankBy), ignoreCase: true),
        MinSide = parsed.GetValue(minSide),
        MaxAspectRatio = parsed.GetValue(maxAspect),
        DropPatterns = parsed.GetValue(drop) ?? [],
        KeepPatterns = parsed.GetValue(keep) ?? [],
        DropDuplicateImages = parsed.GetValue(duplicateImages),
        DropDuplicateTexts = parsed.GetValue(duplicateTexts),
    };

    /// <exception cref="UsageException">"none" is combined with a format.</exception>
    public IReadOnlyList<string> Outputs(ParseResult parsed)
    {
        var formats = parsed.GetValue(write) is { Length: > 0 } given ? given.Distinct().ToList() : ["webdataset"];
        if (!formats.Contains(NoFormat))
            return formats;
        return formats.Count == 1
            ? []
            : throw new UsageException($"--write is {NoFormat} and {formats.First(format => format != NoFormat)}; give one of them.");
    }

    private static double? Threshold(string? text)
    {
        if (text is null)
            return new SelectionOptions().ItmThreshold;
        if (text == NoThreshold)
            return null;
        string? error = null;
        var value = OptionKinds.Parse<double>(text, "--itm-threshold", message => error = message);
        return error is null ? value : throw new UsageException(error);
    }
}
