using System.CommandLine;
using Blip.Datasets;

namespace Blip.Cli.Options;

internal sealed class DatasetBinding
{
    private readonly Argument<string[]> sources;
    private readonly Option<string[]> human = OptionKinds.Texts(
        "--human", "A source of pairs by people: they are kept as they are, and get no captions. Repeatable.", "SOURCE");

    private readonly ReadingBinding reading = new();

    /// <summary>
    /// Adds the argument and options. Without <paramref name="forReading"/>, the run's manifest says how to read its sources.
    /// </summary>
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

    public IReadOnlyList<Option> All { get; }

    public IReadOnlyList<string> Sources(ParseResult parsed) => parsed.GetValue(sources) ?? [];

    public IReadOnlyList<string> Human(ParseResult parsed) => parsed.GetValue(human) ?? [];

    /// <summary>The folder for copies; null for the system's.</summary>
    public string? Scratch(ParseResult parsed) => parsed.GetValue(reading.Scratch);

    public DatasetOptions Options(ParseResult parsed) => reading.Options(parsed);
}
