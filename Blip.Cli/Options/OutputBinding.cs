using System.CommandLine;
using System.CommandLine.Parsing;
using Blip.Cli.Output;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Options;

/// <summary>The form of results, and whether steps are timed.</summary>
internal sealed class OutputBinding
{
    private const string TraceExtension = ".json", StandardOutput = "-";

    // The formats of a file extension; a table of columns is text, too.
    private static readonly (string Extension, string[] Formats)[] Extensions =
        [(".jsonl", ["jsonl"]), (".json", ["json"]), (".csv", ["csv"]), (".txt", ["text", "table"]), (".npy", [EmbeddingForm.Npy])];

    private readonly string[] names;
    private readonly RecordShape? shape;
    private readonly Option<string> format;
    private readonly Option<string?> output = OptionKinds.Text(
        "--output", "Write the results to a file; progress is shown meanwhile. Its extension chooses the format; - is standard output.",
            "FILE").Written();
    private readonly Option<bool> overwrite = new("--overwrite")
    {
        Description = "Replace the file of --output when the run has come to its end.",
    };
    private readonly Option<bool> resume = new("--resume")
    {
        Description = "Go on with the jsonl or csv file of --output, or with what a run that was killed left beside it: inputs whose "
            + "records stand there are passed over.",
    };
    private readonly Option<bool> retryFailed = new("--retry-failed") { Description = "With --resume: do those inputs again that failed." };
    private readonly Option<bool> zero = new("--null")
    {
        Description = "End each line of text with a zero byte in place of a line break, for xargs -0.",
    };
    private readonly Option<bool> guard = new("--guard-formulas")
    {
        Description = "With csv: an apostrophe before cells that begin with =, +, - or @ and are no numbers, so that a spreadsheet takes "
            + "them for text and runs nothing.",
    };
    private readonly List<Option> overwritten;
    private readonly Option<string?> profile = new Option<string?>("--profile")
    {
        Description = $"Show how long each step took; with a file name ending in {TraceExtension}, also write a trace for chrome://tracing "
            + $"or ui.perfetto.dev.",
        HelpName = "FILE",
        Arity = ArgumentArity.ZeroOrOne,
    }.Written();

    /// <summary>
    /// Adds the options to a command. The first of <paramref name="names"/> is the default; a null
    /// <paramref name="shape"/> means that no later run can resume.
    /// </summary>
    public OutputBinding(Command command, string formats, string[] names, RecordShape? shape = null, bool profiles = true)
    {
        (this.names, this.shape, overwritten) = (names, shape, [output]);
        format = OptionKinds.Choice("--format", formats, names[0], names);
        profile.Validators.Add(RefuseImageAsTrace);
        foreach (var option in (Option[])[format, output, overwrite])
            command.Add(option);
        if (shape is not null)
        {
            command.Add(resume);
            command.Add(retryFailed);
        }
        if (HasRecords)
        {
            command.Add(zero);
            command.Add(guard);
        }
        if (profiles)
            command.Add(profile);
        command.Validators.Add(Check);
    }

    // Only records have csv; reports of scores do not.
    private bool HasRecords => names.Contains("csv");

    public RecordStyle Style(ParseResult parsed, Terminal terminal)
    {
        var ends = HasRecords && parsed.GetValue(zero);
        return new RecordStyle(
            ends ? "\0" : "\n", terminal.OutputIsScreen && File(parsed) is null && !ends, HasRecords && parsed.GetValue(guard));
    }

    /// <summary>Makes --overwrite also apply to another option's files.</summary>
    public void OverwriteAlso(Option option)
    {
        overwritten.Add(option);
        overwrite.Description = $"Replace the files of {string.Join(" and of ", overwritten.Select(each => each.Name))} that are there.";
    }

    public bool Overwrites(ParseResult parsed) => parsed.GetValue(overwrite);

    /// <summary>The format: of --format, or of the file's extension.</summary>
    /// <exception cref="UsageException">The two contradict each other.</exception>
    public string Format(ParseResult parsed)
    {
        var given = parsed.GetRequiredValue(format);
        var extension = Path.GetExtension(File(parsed));
        if (Extensions.FirstOrDefault(known => known.Extension.Equals(extension, StringComparison.OrdinalIgnoreCase))
            is not { Formats: { } meant })
            return given;
        if (!meant.Any(names.Contains))
            throw new UsageException(
                $"--output ends in {extension}, and this command writes {string.Join(", ", names)}; name another file.");
        if (parsed.GetResult(format) is not { Implicit: false })
            return meant.First(names.Contains);
        return meant.Contains(given)
            ? given
            : throw new UsageException($"--format is {given}, and --output ends in {extension}; leave --format out, or name another file.");
    }

    public string? File(ParseResult parsed) => parsed.GetValue(output) is { } path and not StandardOutput ? path : null;

    /// <summary>Checks in advance that the results can be written.</summary>
    /// <exception cref="UsageException">They cannot, or data would be lost.</exception>
    public void Check(ParseResult parsed)
    {
        _ = Format(parsed);
        if (File(parsed) is { } path)
            ResultFile.Check(path, FileOptions(parsed));
        CheckProfile(parsed);
    }

    /// <summary>Opens the file for the results; null for standard output.</summary>
    /// <exception cref="UsageException">It cannot be written, data would be lost, or there is nothing to resume.</exception>
    public ResultFile? Open(ParseResult parsed)
    {
        var chosen = Format(parsed);
        if (FileOptions(parsed) is { Resume: true } && chosen is not ("jsonl" or "csv"))
            throw new UsageException(
                $"{resume.Name} goes on with jsonl and csv, and the format is {chosen}; name such a file, or leave {resume.Name} out.");
        if (HasRecords && parsed.GetValue(zero) && chosen != "text")
            throw new UsageException($"{zero.Name} ends lines of text, and the format is {chosen}: leave it out.");
        if (HasRecords && parsed.GetValue(guard) && chosen != "csv")
            throw new UsageException($"{guard.Name} is about cells of csv, and the format is {chosen}: leave it out.");
        CheckProfile(parsed);
        return File(parsed) is { } path ? ResultFile.Open(path, chosen, FileOptions(parsed)) : null;
    }

    /// <summary>Starts timing where requested.</summary>
    /// <exception cref="UsageException">Several devices are in use.</exception>
    public ProfileReport? Profile(ParseResult parsed, Terminal terminal, Pipeline pipeline)
    {
        if (parsed.GetResult(profile) is not { Implicit: false })
            return null;
        if (pipeline.Devices.Count > 1)
            throw new UsageException($"{profile.Name} times one device, and {pipeline.Devices.Count} are at work; name one with --device.");
        return new ProfileReport(terminal, pipeline, parsed.GetValue(profile));
    }

    private void CheckProfile(ParseResult parsed)
    {
        if (parsed.GetValue(profile) is { } path)
            ProfileReport.Check(path, profile.Name);
    }

    private ResultFileOptions FileOptions(ParseResult parsed) => new(
        Overwrites(parsed), shape is not null && parsed.GetValue(resume), shape is not null && parsed.GetValue(retryFailed), shape);

    private void Check(CommandResult result)
    {
        if (result.GetValue(overwrite) && !overwritten.Any(option => result.GetResult(option) is { Implicit: false }))
            result.AddError($"{overwrite.Name} is about the files of {string.Join(" or ", overwritten.Select(option => option.Name))}: "
                + $"give that, too.");
        if (shape is null)
            return;
        if (result.GetValue(resume) && (result.GetValue(output) is null or StandardOutput))
            result.AddError($"{resume.Name} goes on with the file of {output.Name}: name it.");
        if (result.GetValue(resume) && result.GetValue(overwrite))
            result.AddError($"{resume.Name} keeps what is there, and {overwrite.Name} replaces it; give one of them.");
        if (result.GetValue(retryFailed) && !result.GetValue(resume))
            result.AddError($"{retryFailed.Name} is about the failures of an earlier run: give {resume.Name}, too.");
    }

    // "--profile photo.jpg" must not overwrite the photo.
    private static void RefuseImageAsTrace(OptionResult result)
    {
        if (result.Tokens is [var token] && !token.Value.EndsWith(TraceExtension, StringComparison.OrdinalIgnoreCase))
            result.AddError($"--profile is '{token.Value}'; a trace's name ends in {TraceExtension}. Put --profile after the images to see "
                + $"the table alone.");
    }
}
