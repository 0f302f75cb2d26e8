using System.Diagnostics;
using System.Globalization;
using Blip.Bench.Reporting;
using Blip.Training;

namespace Blip.Bench.Workloads;

/// <summary>Fine-tunes a demo checkpoint on unknown scenes in an empty folder, and scores it before and after on held-out scenes.</summary>
internal sealed class ShapeFineTuning(TrainingTask task, int heldOut, string device, string work)
{
    public const int BatchSize = 32;

    public async Task RunAsync(TextWriter output, int images, int epochs, CancellationToken token)
    {
        var model = Checkout.Path(Path.Combine("weights", Demo), "shapes");
        var (data, tuned) = (Path.Combine(work, "data"), Path.Combine(work, "tuned"));
        var before = await ScoreAsync(model, token);
        var source = await ShapeSet.Unknown(seed: 1).WriteAsync(data, task, images, token);
        var clock = Stopwatch.StartNew();
        var training = new TrainingData { Sources = [source], Images = task == TrainingTask.Vqa ? data : null };
        using (var trainer = await Trainer.OpenAsync(model, training, tuned, Settings(epochs), token))
            await trainer.RunAsync(cancellationToken: token);
        token.ThrowIfCancellationRequested();
        var minutes = clock.Elapsed.TotalMinutes;
        var after = await ScoreAsync(tuned, token);
        ShapeScore.Print(output, ["before", "after"], [before, after]);
        output.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"trained on {images} images, {epochs} times, in {minutes:F1} minutes"));
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
        AttentionDropout = 0,
        DropPath = 0,
        LabelSmoothing = 0,
        QueueSize = 0,
        Alpha = 0,
        Augment = AugmentationKind.None,
        Flip = false,
        // Groups that differ in one detail stay together.
        Shuffle = task != TrainingTask.Match,
        Device = device,
    };

    private Task<IReadOnlyList<ShapeScore>> ScoreAsync(string model, CancellationToken token) =>
        ShapeScore.MeasureAsync(model, task, ShapeSet.Unknown(ShapeSet.HeldOutSeed), heldOut, device, token);
}
