using System.CommandLine;
using System.CommandLine.Parsing;
using Blip.Cli.Output;
using Blip.Evaluation;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Options;

/// <summary>The results to score: from a file, or from a model over a folder of images, which can be saved.</summary>
internal sealed class EvaluationBinding
{
    private readonly Command command;
    private readonly ResultsFormat format;
    private readonly Option<string?> results;
    private readonly Option<string?> images =
        OptionKinds.Text("--images", "Run the model over the data set's images, which lie in this folder.", "DIR");
    private readonly Option<string?> save;
    private readonly Option<bool> resume = new("--resume")
    {
        Description = "Go on with the file of --save-results: what is answered there is not asked again.",
    };
    private readonly Option<bool> details = new("--details") { Description = "In JSON, also the scores of each one." };
    private readonly HashSet<Option> withResults = [];

    public EvaluationBinding(Command command, ResultsFormat format)
    {
        (this.command, this.format) = (command, format);
        var shape = $"[{{\"{format.IdName}\": …, \"{format.TextName}\": …}}, …]";
        results = OptionKinds.Text("--results",
            $"Score this file, and run no model: {shape}, as the COCO evaluation takes it, or what --format json and jsonl write.", "FILE");
        save = OptionKinds.Text("--save-results", "Also write the model's answers to this file, in that form, as they come.", "FILE")
            .Written();
        Add(results);
        command.Add(images);
        Add(details);
        command.Add(save);
        command.Add(resume);
        command.Validators.Add(Check);
    }

    /// <summary>Adds an option about the data set, which is also allowed with a results file.</summary>
    public void Add(Option option)
    {
        withResults.Add(option);
        command.Add(option);
    }

    /// <summary>Also allows these options with a results file.</summary>
    public void AllowWithResults(params Option[] options) => withResults.UnionWith(options);

    public bool Details(ParseResult parsed) => parsed.GetValue(details);

    /// <summary>The results of a file, or null to run the model. Reports the file's skipped entries.</summary>
    /// <exception cref="UsageException">The file is unusable.</exception>
    public IReadOnlyDictionary<EntryId, string>? Results(ParseResult parsed, Terminal terminal, Func<string, ResultsFile> load)
    {
        if (parsed.GetValue(results) is not { } path)
            return null;
        var file = Startup.Step(() => load(path));
        foreach (var notice in file.Notices)
            terminal.Note(notice);
        return file.Texts;
    }

    /// <exception cref="UsageException">There is no such folder.</exception>
    public ImageFolder Images(ParseResult parsed) => Startup.Step(() => new ImageFolder(parsed.GetValue(images)!));

    /// <summary>Checks, before the model is loaded, that the results can be saved.</summary>
    /// <exception cref="UsageException">The file exists without --resume, or its folder does not.</exception>
    public void Check(ParseResult parsed)
    {
        OutputFile.CheckPlace(parsed.GetValue(save), save.Name);
        if (File.Exists(parsed.GetValue(save)) && !parsed.GetValue(resume))
            throw new UsageException(
                $"{save.Name} is '{parsed.GetValue(save)}', which exists: give --resume to go on with it, or move it away.");
    }

    /// <summary>The file to save results in, if any; <paramref name="written"/> overrides the command's format.</summary>
    /// <exception cref="UsageException">It exists without --resume, or cannot be written.</exception>
    public ResultsWriter? Save(ParseResult parsed, ResultsFormat? written = null) => parsed.GetValue(save) is { } path
        ? Startup.Step(() => ResultsWriter.Open(path, written ?? format, parsed.GetValue(resume)))
        : null;

    /// <summary>An image of the data set. A missing or ambiguous one fails when it is read.</summary>
    public static ImageSource Image(ImageFolder folder, string? fileName, EntryId id) =>
        folder.Find(fileName, id, out var objection) is { } path
            ? ImageSource.FromFile(path)
            : ImageSource.FromStream(() => throw new IOException(objection), fileName ?? $"image {id}");

    public static ImageSource Clip(ImageFolder folder, string name, int frames) =>
        folder.FindClip(name, out var objection) is { } path
            ? ImageSource.FromClip(path, frames)
            : ImageSource.FromStream(() => throw new IOException(objection), name);

    private void Check(CommandResult result)
    {
        var (scored, run) = (Given(result, results), Given(result, images));
        if (!scored && !run)
            result.AddError("there is nothing to score: give --results FILE, or --images DIR to run the model.");
        if (scored && run)
            result.AddError("--results is scored as it is, and --images runs the model: give one of them.");
        if (Given(result, resume) && !Given(result, save))
            result.AddError("--resume goes on with the file of --save-results: name it.");
        foreach (var option in command.Options.Where(
            option => scored && !withResults.Contains(option) && option != images && Given(result, option)))
            result.AddError($"{option.Name} is about running the model; leave it out with --results.");
    }

    private static bool Given(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };
}
