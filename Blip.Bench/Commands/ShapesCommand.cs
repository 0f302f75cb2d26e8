using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Blip.Bench.Reporting;
using Blip.Bench.Workloads;
using Blip.Datasets.Shapes;
using Blip.Training;

namespace Blip.Bench.Commands;

/// <summary><c>shapes</c>: drawn scenes as data to learn from, what a model makes of scenes it has not seen, and both around fine-tuning.</summary>
internal sealed class ShapesCommand : Command
{
    public ShapesCommand(TextWriter output)
        : base("shapes", "Drawn scenes: writes training data, scores a model on held-out ones, shows that fine-tuning helps.")
    {
        Add(new WriteShapesCommand(output));
        Add(new ScoreShapesCommand(output));
        Add(new FineTuneShapesCommand(output));
    }
}

/// <summary>Options of the commands about scenes.</summary>
internal sealed class ShapeSetOptions
{
    /// <summary>The seed of scenes that no training set is drawn with.</summary>
    public const long HeldOutSeed = 1_000_003;

    // Words and looks that the demo checkpoints never saw; a scene of them has no caption that they can say.
    private static readonly SceneOptions Unknown = new()
    {
        Shapes = [Shape.Moon, Shape.Kite],
        Colors = Enum.GetValues<ShapeColor>(),
    };

    private static readonly string[] TaskWords = ["caption", "match", "vqa"];

    private readonly Option<string> task = BenchOptions.Choice("--task", "What is learned from them.", "caption", TaskWords);
    private readonly Option<bool> isNew = new("--new") { Description = "Shapes and colours that the demo checkpoints do not know: moon, kite, teal, lime." };

    /// <summary>The options.</summary>
    public IReadOnlyList<Option> All => [task, isNew];

    /// <summary>What is learned.</summary>
    public TrainingTask Task(ParseResult parsed) => Enum.Parse<TrainingTask>(parsed.GetRequiredValue(task), ignoreCase: true);

    /// <summary>The scenes.</summary>
    public ShapeSet Set(ParseResult parsed, long seed) => parsed.GetValue(isNew) ? New(seed) : new ShapeSet(seed, new SceneOptions());

    /// <summary>Scenes that the demo checkpoints do not know.</summary>
    public static ShapeSet New(long seed) => new(seed, Unknown);
}

/// <summary><c>shapes write</c>.</summary>
internal sealed class WriteShapesCommand : Command
{
    public WriteShapesCommand(TextWriter output)
        : base("write", "Writes scenes as 'blip train' reads them. For 'match' four that differ in one detail stand together.")
    {
        var folder = new Argument<string>("DIR") { Description = "A folder that is empty or does not exist." };
        var images = BenchOptions.Whole("--images", "Images.", 24_000, ShapeSet.GroupSize, 1_000_000);
        var seed = BenchOptions.Whole("--seed", "Another seed is another set.", 1, 0, (int)ShapeSetOptions.HeldOutSeed - 1);
        var annotations = new Option<bool>("--annotations") { Description = "Held-out scenes as 'blip eval' reads them: images and captions.json." };
        var options = new ShapeSetOptions();
        Add(folder);
        foreach (var option in (Option[])[images, seed, annotations, .. options.All])
            Add(option);
        SetAction(async (parsed, token) =>
        {
            if (parsed.GetValue(annotations))
            {
                var heldOut = options.Set(parsed, ShapeSetOptions.HeldOutSeed);
                output.WriteLine(heldOut.WriteAnnotations(parsed.GetRequiredValue(folder), parsed.GetValue(images)));
                return 0;
            }
            var set = options.Set(parsed, parsed.GetValue(seed));
            output.WriteLine(await set.WriteAsync(parsed.GetRequiredValue(folder), options.Task(parsed), parsed.GetValue(images), token));
            return 0;
        });
    }
}

/// <summary><c>shapes score</c>.</summary>
internal sealed class ScoreShapesCommand : Command
{
    public ScoreShapesCommand(TextWriter output)
        : base("score", "Tells how much of held-out scenes a model gets right: captions word for word, answers, and texts that fit or do not.")
    {
        var models = new Argument<string[]>("MODEL") { Description = "Models to compare.", Arity = ArgumentArity.OneOrMore };
        var images = BenchOptions.Whole("--images", "Scenes.", 512, 1, 1_000_000);
        var device = BenchOptions.Choice("--device", "Where the models run.", "cpu", BenchOptions.Kinds);
        var options = new ShapeSetOptions();
        Add(models);
        foreach (var option in (Option[])[images, device, .. options.All])
            Add(option);
        SetAction(async (parsed, token) =>
        {
            var set = options.Set(parsed, ShapeSetOptions.HeldOutSeed);
            var scores = new List<IReadOnlyList<ShapeScore>>();
            foreach (var model in parsed.GetRequiredValue(models))
            {
                scores.Add(await ShapeScore.MeasureAsync(
                    model, options.Task(parsed), set, parsed.GetValue(images), parsed.GetRequiredValue(device), token));
            }
            Print(output, parsed.GetRequiredValue(models), scores);
            return 0;
        });
    }

    /// <summary>Prints a column for each model.</summary>
    internal static void Print(TextWriter output, IReadOnlyList<string> names, IReadOnlyList<IReadOnlyList<ShapeScore>> scores)
    {
        output.WriteLine($"| right, % of held-out scenes | count | {string.Join(" | ", names)} |");
        output.WriteLine($"|---|---|{string.Concat(names.Select(_ => "---|"))}");
        foreach (var (i, row) in scores[0].Index())
        {
            var cells = scores.Select(score => (100 * score[i].Share).ToString("F1", CultureInfo.InvariantCulture));
            output.WriteLine($"| {row.What} | {row.Count} | {string.Join(" | ", cells)} |");
        }
    }
}

/// <summary><c>shapes fine-tune</c>.</summary>
internal sealed class FineTuneShapesCommand : Command
{
    private const int BatchSize = 32, Epochs = 4, HeldOut = 256;

    public FineTuneShapesCommand(TextWriter output)
        : base("fine-tune", "Fine-tunes a demo checkpoint on scenes it does not know, and scores it before and after.")
    {
        var images = BenchOptions.Whole("--images", "Images to learn from.", 8000, BatchSize, 1_000_000);
        var epochs = BenchOptions.Whole("--epochs", "Passes over them.", Epochs, 1, 1000);
        var device = BenchOptions.Choice("--device", "Where it is trained.", "cpu", BenchOptions.Kinds);
        var options = new ShapeSetOptions();
        var heldOut = BenchOptions.Whole("--held-out", "Scenes that both are scored on.", HeldOut, 1, 100_000);
        foreach (var option in (Option[])[images, epochs, heldOut, device, options.All[0]])
            Add(option);
        SetAction(async (parsed, token) =>
        {
            var work = Directory.CreateTempSubdirectory("blip-shapes-").FullName;
            try
            {
                var run = new ShapeFineTuning(options.Task(parsed), parsed.GetValue(heldOut), parsed.GetRequiredValue(device), work);
                await run.RunAsync(output, parsed.GetValue(images), parsed.GetValue(epochs), token);
                return 0;
            }
            finally
            {
                Directory.Delete(work, recursive: true);
            }
        });
    }

    /// <summary>One run.</summary>
    private sealed class ShapeFineTuning(TrainingTask task, int heldOut, string device, string work)
    {
        public async Task RunAsync(TextWriter output, int images, int epochs, CancellationToken token)
        {
            var model = Checkout.Path(Path.Combine("weights", Demo), "shapes");
            var (data, tuned) = (Path.Combine(work, "data"), Path.Combine(work, "tuned"));
            var before = await ScoreAsync(model, token);
            var source = await ShapeSetOptions.New(seed: 1).WriteAsync(data, task, images, token);
            var clock = Stopwatch.StartNew();
            var training = new TrainingData { Sources = [source], Images = task == TrainingTask.Vqa ? data : null };
            using (var trainer = await Trainer.OpenAsync(model, training, tuned, Settings(epochs), token))
                await trainer.RunAsync(cancellationToken: token);
            token.ThrowIfCancellationRequested();
            var minutes = clock.Elapsed.TotalMinutes;
            var after = await ScoreAsync(tuned, token);
            ScoreShapesCommand.Print(output, ["before", "after"], [before, after]);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"trained on {images} images, {epochs} times, in {minutes:F1} minutes"));
        }

        private string Demo => task switch
        {
            TrainingTask.Caption => "captioning",
            TrainingTask.Match => "retrieval",
            TrainingTask.Vqa => "vqa",
            _ => throw new ArgumentOutOfRangeException(nameof(task), task, "There is no demo of this task."),
        };

        private TrainingOptions Settings(int epochs) => TrainingRecipes.For(task) with
        {
            Epochs = epochs,
            BatchSize = BatchSize,
            ImageSize = 96,
            Prompt = "",
            LearningRate = 5e-4,
            WarmupSteps = 50,
            ClipNorm = 1,
            Dropout = 0,
            DropPath = 0,
            LabelSmoothing = 0,
            QueueSize = 0,
            Alpha = 0,
            Augment = AugmentationKind.None,
            Flip = false,
            // Groups of scenes that differ in one detail stay together.
            Shuffle = task != TrainingTask.Match,
            Device = device,
        };

        private Task<IReadOnlyList<ShapeScore>> ScoreAsync(string model, CancellationToken token) =>
            ShapeScore.MeasureAsync(model, task, ShapeSetOptions.New(ShapeSetOptions.HeldOutSeed), heldOut, device, token);
    }
}
