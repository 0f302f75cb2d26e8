using Blip.Tests.Cli;
using Blip.Training;

namespace Blip.Tests.Training;

/// <summary>Runs of training in a separate folder, with the demo models on drawn scenes.</summary>
public abstract class TrainingRuns : IDisposable
{
    protected const string Weights = "model.safetensors";

    protected TemporaryFolder Folder { get; } = new();

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The messages of a test's runs before their first step and with each.</summary>
    protected List<string> Said { get; } = [];

    protected static TrainingOptions Caption { get; } = TrainingRecipes.For(TrainingTask.Caption) with
    {
        BatchSize = 4,
        Epochs = 2,
        ImageSize = 96,
        Prompt = "",
        LearningRate = 1e-3,
        Device = "cpu",
    };

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected string At(string name) => Path.Combine(Folder.Path, name);

    protected static async Task Refused(string message, Func<Task> run) =>
        Assert.Contains(message, (await Assert.ThrowsAsync<TrainingException>(run)).Message, StringComparison.Ordinal);

    protected static string Model(TrainingTask task) => task switch
    {
        TrainingTask.Caption => Demo.Model,
        TrainingTask.Match or TrainingTask.Pretrain => DemoMatching.Model,
        TrainingTask.Vqa => Path.Combine(Repository.Root, "weights", "vqa"),
        _ => throw new ArgumentOutOfRangeException(nameof(task)),
    };

    protected TrainingData Data(int images) => new() { Sources = [DrawnPairs.Write(Folder, images)] };

    protected async Task<TrainingResult> Run(
        TrainingData data, string output, TrainingOptions options, int stopBehind = int.MaxValue, string? model = null)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var trainer = await Trainer.OpenAsync(model ?? Model(options.Task), data, At(output), options, Token);
        Said.AddRange(trainer.Summary);
        return await trainer.RunAsync(
            step =>
            {
                Said.AddRange(step.Notices);
                Assert.True(double.IsFinite(step.Losses["loss"]), $"the loss of step {step.Step} is {step.Losses["loss"]}");
                if (step.Step >= stopBehind)
                    stop.Cancel();
            },
            stop.Token);
    }

    protected void Same(string one, string other, string file) =>
        Assert.True(File.ReadAllBytes(At($"{one}/{file}")).AsSpan().SequenceEqual(File.ReadAllBytes(At($"{other}/{file}"))),
            $"{file} of {one} and {other} differ");
}
