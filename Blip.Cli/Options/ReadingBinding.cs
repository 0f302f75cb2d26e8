using System.CommandLine;
using Blip.Datasets;

namespace Blip.Cli.Options;

/// <summary>How a data set's sources are read: options of bootstrapping and training.</summary>
internal sealed class ReadingBinding
{
    private const string Auto = "auto";

    private readonly Option<string> format = OptionKinds.Choice(
        "--source-format", "The format of all sources; with auto each source's is told by what it is.",
        Auto, [Auto, .. Dataset.Formats.Select(format => format.Name)]);

    private readonly Option<string?> imageColumn = OptionKinds.Text(
        "--image-column", "The column or field with the image or its path. [default: the usual names]", "NAME");
    private readonly Option<string?> textColumn = OptionKinds.Text(
        "--text-column", "The column or field with the text. [default: the usual names]", "NAME");
    private readonly Option<string?> keyColumn = OptionKinds.Text(
        "--key-column", "The column or field with the sample's key. [default: the image's path, or the row]", "NAME");
    private readonly Option<string?> imageRoot = OptionKinds.Text(
        "--image-root", "The folder that paths of lists and tables begin in. [default: the list's own]", "DIR");
    private readonly Option<string?> split = OptionKinds.Text(
        "--split", "The part of Karpathy's files: train, restval, val, test. [default: train]", "NAME");

    public IReadOnlyList<Option> Columns => [format, imageColumn, textColumn, keyColumn, imageRoot, split];

    public Option<int?> ShardSize { get; } = OptionKinds.Number<int>(
        "--shard-size", "Samples of a shard, where a source has no shards of its own. [default: 10000]");

    public Option<string?> Scratch { get; } = OptionKinds.Text(
        "--scratch", "A folder for copies of shards from the network. [default: the system's]", "DIR");

    /// <summary>How the sources are read. Commands are allowed, as the user wrote the command line.</summary>
    public DatasetOptions Options(ParseResult parsed) => new()
    {
        Format = parsed.GetRequiredValue(format) is var name && name == Auto ? null : name,
        ImageColumn = parsed.GetValue(imageColumn),
        TextColumn = parsed.GetValue(textColumn),
        KeyColumn = parsed.GetValue(keyColumn),
        ImageRoot = parsed.GetValue(imageRoot),
        ShardSize = parsed.GetValue(ShardSize) ?? new DatasetOptions().ShardSize,
        Split = parsed.GetValue(split) ?? new DatasetOptions().Split,
        ScratchFolder = parsed.GetValue(Scratch),
        AllowCommands = true,
    };
}
