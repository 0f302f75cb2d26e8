using System.CommandLine;
using Blip.Datasets;

namespace Blip.Cli.Options;

/// <summary>Which data sets, and how they are read.</summary>
internal sealed class DatasetBinding
{
    private readonly Argument<string[]> sources;
    private readonly Option<string[]> human = OptionKinds.Texts(
        "--human", "A source of pairs by people: they are kept as they are, and get no captions. May be given again.", "SOURCE");

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
    private readonly Option<int?> shardSize = OptionKinds.Number<int>(
        "--shard-size", "Samples of a shard, where a source has no shards of its own. [default: 10000]");
    private readonly Option<string?> split = OptionKinds.Text(
        "--split", "The part of Karpathy's files: train, restval, val, test. [default: train]", "NAME");
    private readonly Option<string?> scratch = OptionKinds.Text(
        "--scratch", "A folder for copies of shards from the network. [default: the system's]", "DIR");

    private const string Auto = "auto";

    /// <summary>Adds argument and options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="arity">How many sources there may be.</param>
    /// <param name="forReading">False where the run's own manifest says how its sources are read.</param>
    public DatasetBinding(Command command, ArgumentArity arity, bool forReading = true)
    {
        sources = new Argument<string[]>("source")
        {
            Description = "Data sets: webdataset tars ('{00000..00123}.tar'), folders, tables (.parquet, .csv, .tsv), "
                + "lists (.json, .jsonl), "
                + "http addresses of such, or pipe:COMMAND for a tar that a command writes.",
            HelpName = "SOURCE",
            Arity = arity,
        };
        command.Add(sources);
        Option[] reading = forReading ? [format, imageColumn, textColumn, keyColumn, imageRoot, shardSize, split] : [];
        All = [human, .. reading, scratch];
        foreach (var option in All)
            command.Add(option);
    }

    /// <summary>The options.</summary>
    public IReadOnlyList<Option> All { get; }

    /// <summary>The web sources.</summary>
    public IReadOnlyList<string> Sources(ParseResult parsed) => parsed.GetValue(sources) ?? [];

    /// <summary>The human sources.</summary>
    public IReadOnlyList<string> Human(ParseResult parsed) => parsed.GetValue(human) ?? [];

    /// <summary>The folder for copies; null for the system's.</summary>
    public string? Scratch(ParseResult parsed) => parsed.GetValue(scratch);

    /// <summary>How the sources are read. A command line is a person's own: commands may run.</summary>
    public DatasetOptions Options(ParseResult parsed) => new()
    {
        Format = parsed.GetRequiredValue(format) is var name && name == Auto ? null : name,
        ImageColumn = parsed.GetValue(imageColumn),
        TextColumn = parsed.GetValue(textColumn),
        KeyColumn = parsed.GetValue(keyColumn),
        ImageRoot = parsed.GetValue(imageRoot),
        ShardSize = parsed.GetValue(shardSize) ?? new DatasetOptions().ShardSize,
        Split = parsed.GetValue(split) ?? new DatasetOptions().Split,
        ScratchFolder = Scratch(parsed),
        AllowCommands = true,
    };
}
