using System.CommandLine;
using System.CommandLine.Parsing;
using Blip.Cli.Output;
using Blip.Evaluation;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Options;

/// <summary>The scored results: a results file as it is, or a model over a folder of images, whose results can be kept.</summary>
internal sealed class EvaluationBinding
{
    private readonly Command command;
    private readonly ResultsFormat format;
    private readonly Option<string?> results;
    private readonly Option<string?> images = OptionKinds.Text("--images", "Run the model over the data set's images, which lie in this folder.", "DIR");
    private readonly Option<string?> save;
    private readonly Option<bool> resume = new("--resume") { Description = "Go on with the file of --save-results: what is answered there is not asked again." };
    private readonly Option<bool> details = new("--details") { Description = "In JSON, also the scores of each one." };
    private readonly HashSet<Option> withResults = [];

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="format">The format of results.</param>
    public EvaluationBinding(Command command, ResultsFormat format)
    {
        (this.command, this.format) = (command, format);
        var shape = $"[{{\"{format.IdName}\": …, \"{format.TextName}\": …}}, …]";
        results = OptionKinds.Text("--results", $"Score this file, and run no model: {shape}, as the COCO evaluation takes it, or what --format json and jsonl write.", "FILE");
        save = OptionKinds.Text("--save-results", "Also write the model's answers to this file, in that form, as they come.", "FILE");
        Add(results);
        command.Add(images);
        Add(details);
        command.Add(save);
        command.Add(resume);
        command.Validators.Add(Check);
    }

    /// <summary>Adds an option that is about the data set: it goes with a results file, too.</summary>
    public void Add(Option option)
    {
        withResults.Add(option);
        command.Add(option);
    }

    /// <summary>The options that come after this are about running the model, apart from those for the report.</summary>
    public void AllowWithResults(params Option[] options) => withResults.UnionWith(options);

    /// <summary>Whether the report holds each one's scores.</summary>
    public bool Details(ParseResult parsed) => parsed.GetValue(details);

    /// <summary>The results to score, where a file holds them; null where the model is to run. Tells what the file holds beside them.</summary>
    /// <exception cref="UsageException">The file cannot be used.</exception>
    public IReadOnlyDictionary<EntryId, string>? Results(ParseResult parsed, Terminal terminal, Func<string, ResultsFile> load)
    {
        if (parsed.GetValue(results) is not { } path)
            return null;
        var file = Startup.Step(() => load(path));
        foreach (var notice in file.Notices)
            terminal.Note(notice);
        return file.Texts;
    }

    /// <summary>The folder of images.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public ImageFolder Images(ParseResult parsed) => Startup.Step(() => new ImageFolder(parsed.GetValue(images)!));

    /// <summary>The file to keep results in; null where none is named.</summary>
    /// <exception cref="UsageException">It exists and is not to be gone on with, or cannot be written.</exception>
    /// <param name="parsed">The command line.</param>
    /// <param name="written">How the data set's results are written; null for the command's own way.</param>
    public ResultsWriter? Save(ParseResult parsed, ResultsFormat? written = null)
    {
        if (parsed.GetValue(save) is not { } path)
            return null;
        if (File.Exists(path) && !parsed.GetValue(resume))
            throw new UsageException($"--save-results is '{path}', which exists: give --resume to go on with it, or move it away.");
        return Startup.Step(() => ResultsWriter.Open(path, written ?? format, parsed.GetValue(resume)));
    }

    /// <summary>An image of the data set; one that is not there, or there twice, fails in its turn and stops nothing.</summary>
    public static ImageSource Image(ImageFolder folder, string? fileName, EntryId id) =>
        folder.Find(fileName, id, out var objection) is { } path
            ? ImageSource.FromFile(path)
            : ImageSource.FromStream(() => throw new FileNotFoundException(objection), fileName ?? $"image {id}");

    /// <summary>A clip of the data set, as <see cref="Image"/> finds an image.</summary>
    public static ImageSource Clip(ImageFolder folder, string name, int frames) =>
        folder.FindClip(name, out var objection) is { } path
            ? ImageSource.FromClip(path, frames)
            : ImageSource.FromStream(() => throw new FileNotFoundException(objection), name);

    private void Check(CommandResult result)
    {
        var (scored, run) = (Given(result, results), Given(result, images));
        if (!scored && !run)
            result.AddError("there is nothing to score: give --results FILE, or --images DIR to run the model.");
        if (scored && run)
            result.AddError("--results is scored as it is, and --images runs the model: give one of them.");
        if (Given(result, resume) && !Given(result, save))
            result.AddError("--resume goes on with the file of --save-results: name it.");
        foreach (var option in command.Options.Where(option => scored && !withResults.Contains(option) && option != images && Given(result, option)))
            result.AddError($"{option.Name} is about running the model; leave it out with --results.");
    }

    private static bool Given(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };
}
