using System.CommandLine;
using Blip.Datasets;

namespace Blip.Cli.Options;

/// <summary>Which data sets, and how they are read.</summary>
internal sealed class DatasetBinding
{
    private readonly Argument<string[]> sources;
    private readonly Option<string[]> human = OptionKinds.Texts(
        "--human", "A source of pairs by people: they are kept as they are, and get no captions. May be given again.", "SOURCE");

    private readonly ReadingBinding reading = new();

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
        All = [human, .. forReading ? [.. reading.Columns, reading.ShardSize] : Array.Empty<Option>(), reading.Scratch];
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
    public string? Scratch(ParseResult parsed) => parsed.GetValue(reading.Scratch);

    /// <summary>How the sources are read.</summary>
    public DatasetOptions Options(ParseResult parsed) => reading.Options(parsed);
}
