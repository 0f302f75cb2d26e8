using System.CommandLine;
using Blip.Cli.Help;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Checkpoints;
using Blip.Training;

namespace Blip.Cli.Commands;

/// <summary>A task of <c>blip train</c>.</summary>
internal sealed record TrainedTask(string Name, TrainingTask Task, DemoModel Demo, string Description)
{
    /// <summary>Whether the data are JSON lists of images in a folder.</summary>
    public bool ReadsLists => Task is TrainingTask.Vqa or TrainingTask.Nlvr;

    public static readonly TrainedTask Caption = new(
        "caption", TrainingTask.Caption, DemoModel.Captioning, "Fine-tunes a captioner on images and their captions.");

    public static readonly TrainedTask Match = new(
        "match", TrainingTask.Match, DemoModel.Retrieval, "Fine-tunes a matcher on images and texts that belong to them.");

    public static readonly TrainedTask Vqa = new(
        "vqa", TrainingTask.Vqa, DemoModel.Answering, "Fine-tunes an answerer on questions about images, and their answers.");

    /// <summary>Starts from the matcher, whose cross-attention initialises both twins.</summary>
    public static readonly TrainedTask Nlvr = new(
        "nlvr", TrainingTask.Nlvr, DemoModel.Retrieval, "Fine-tunes a model on sentences about two images, true or false (NLVR2).");

    /// <summary>All three objectives.</summary>
    public static readonly TrainedTask Pretrain = new(
        "pretrain", TrainingTask.Pretrain, DemoModel.Retrieval,
        "Learns contrast, matching and captions at once, with towers that share weights; what it writes is captioner and matcher.");
}

/// <summary><c>blip train</c> <c>caption</c>, <c>match</c>, <c>vqa</c>, <c>nlvr</c> and <c>pretrain</c>.</summary>
internal sealed class TrainTaskCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly TrainedTask task;
    private readonly TrainingBinding binding;
    private readonly Argument<string[]> sources = new("DATA")
    {
        Description = "Images with their texts: a folder with sidecars, a list (.csv, .json, .jsonl, .parquet), tars; "
            + "for vqa a JSON list of image, question, answer; for nlvr one of images, sentence, label.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> model =
        OptionKinds.Text("--model", $"The model to begin with. {ModelBinding.Names} [default: the built-in demo]", "MODEL");
    private readonly Option<string?> questions = OptionKinds.Text("--questions", "VQA's official questions.", "FILE");
    private readonly Option<string?> annotations = OptionKinds.Text("--annotations", "VQA's official annotations.", "FILE");
    private readonly Option<string?> images = OptionKinds.Text("--images", "The folder of the images that lists or questions name.", "DIR");
    private readonly ReadingBinding reading = new();

    private readonly Option<string[]> validation = new("--validation")
    {
        Description = $"Held-out data that each checkpoint is scored on; the best model is kept in {Trainer.BestFolder}.",
        HelpName = "DATA",
    };

    private readonly Option<string?> captioner = OptionKinds.Text(
        "--captioner", "The model whose decoder is learned; left out where --model is a pre-training checkpoint that holds one.", "MODEL");

    private readonly ModelDownload download;

    public TrainTaskCommand(Terminal terminal, TrainedTask task)
        : base(task.Name, task.Description)
    {
        (this.terminal, this.task) = (terminal, task);
        Add(sources);
        Add(model);
        download = new ModelDownload(this);
        Add(validation);
        if (task.Task == TrainingTask.Vqa)
        {
            Add(questions);
            Add(annotations);
        }
        if (task.ReadsLists)
        {
            Add(images);
        }
        else
        {
            foreach (var option in (Option[])[.. reading.Columns, reading.Scratch])
                Add(option);
        }
        if (task.Task == TrainingTask.Pretrain)
            Add(captioner);
        binding = new TrainingBinding(this, task.Task);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples
    {
        get
        {
            var data = task.Task == TrainingTask.Vqa
                ? "questions.json" : task.Task == TrainingTask.Nlvr ? "nlvr_train.json --images nlvr2"
                : "photos";
            var decoder = task.Task == TrainingTask.Pretrain ? $" --captioner {DemoModel.Captioning.ForPhotographs}" : "";
            var line = $"blip train {Name} {data} --model {task.Demo.ForPhotographs}{decoder} --output mine";
            return [("A model of your own", line), ("Go on with it after a stop", $"{line} --resume")];
        }
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (name, output) = (parsed.GetValue(model), binding.Output(parsed));
        var path = task.Demo.PathOf(name);
        await download.EnsureAsync(parsed, terminal, path, null, cancellationToken);
        if (Captioner(parsed) is { } decoder)
            await download.EnsureAsync(parsed, terminal, decoder, null, cancellationToken);
        int? side = path == task.Demo.Path ? Startup.Step(() => ModelSource.Resolve(path)).Config.Vision.ImageSize : null;
        var options = binding.Options(parsed, side) with { Captioner = Captioner(parsed) };
        if (name is null)
            terminal.Note(task.Demo.Notice);
        var view = new TrainingView(terminal);
        view.Announce("reading the data …");
        try
        {
            using var trainer = await Trainer.OpenAsync(path, Data(parsed), output, options, cancellationToken);
            view.Clear();
            foreach (var sentence in trainer.Summary)
                terminal.Note(OptionNames.Explain(sentence, this));
            using var working = terminal.Working();
            var result = await trainer.RunAsync(view.Report, cancellationToken);
            view.Clear();
            terminal.Say(result.Stopped
                ? $"stopped behind step {result.Steps}; all of it is saved. Go on with the same command and --resume."
                : $"{result.Steps} steps are done; the model is in {result.Output}");
            return result.Stopped ? throw new OperationCanceledException(cancellationToken) : ExitCodes.Success;
        }
        catch (TrainingException e)
        {
            view.Clear();
            throw new UsageException(OptionNames.Explain(e.Message, this), e);
        }
        catch (ArgumentException e)
        {
            view.Clear();
            throw OptionNames.Explain(e);
        }
        finally
        {
            view.Clear();
        }
    }

    // The demo matcher comes with the demo captioner.
    private string? Captioner(ParseResult parsed) => task.Task != TrainingTask.Pretrain
        ? null
        : parsed.GetValue(captioner) is { } named
            ? DemoModel.Captioning.PathOf(named)
            : task.Demo.PathOf(parsed.GetValue(model)) == task.Demo.Path ? DemoModel.Captioning.Path : null;

    private TrainingData Data(ParseResult parsed)
    {
        var data = task.ReadsLists
            ? new TrainingData { Images = parsed.GetValue(images) }
            : new TrainingData { Reading = reading.Options(parsed) };
        var heldOut = parsed.GetValue(validation) is { Length: > 0 } named ? data with { Sources = named } : null;
        data = data with { Sources = parsed.GetValue(sources) ?? [], Validation = heldOut };
        return task.Task != TrainingTask.Vqa
            ? data
            : data with { Questions = parsed.GetValue(questions), Annotations = parsed.GetValue(annotations) };
    }
}
