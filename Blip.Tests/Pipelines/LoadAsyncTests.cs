using System.Collections.Concurrent;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

/// <summary>Loading that tells how far it is, can be called off, and has run once when it is done.</summary>
public class LoadAsyncTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Weights(string name) => Path.Combine(AppContext.BaseDirectory, "weights", name);

    [Fact]
    public async Task Every_pipeline_tells_how_far_it_is()
    {
        await Check(progress => Captioner.LoadAsync(Demo.Model, new CaptionerOptions { Device = "cpu", WarmUp = true }, progress, Token));
        await Check(progress =>
            QuestionAnswerer.LoadAsync(Weights("vqa"), new QuestionAnswererOptions { Device = "cpu", WarmUp = true }, progress, Token));
        await Check(progress =>
            Matcher.LoadAsync(Weights("retrieval"), new MatcherOptions { Device = "cpu", WarmUp = true }, progress, Token));
        await Check(progress =>
            Embedder.LoadAsync(Weights("retrieval"), new EmbedderOptions { Device = "cpu", WarmUp = true }, progress, Token));

        static async Task Check<T>(Func<IProgress<LoadProgress>, Task<T>> load)
            where T : Pipeline
        {
            var told = new Told();
            using var pipeline = await load(told);
            Assert.Equal([LoadStage.Weights, LoadStage.WarmUp, LoadStage.Ready], told.All.Select(progress => progress.Stage).Distinct());
            Assert.All(told.All, progress => Assert.InRange(progress.Fraction, 0, 1));
            Assert.InRange(told.All.Where(progress => progress.Stage == LoadStage.Weights).Max(progress => progress.Fraction), 0.9, 1);
        }
    }

    [Fact]
    public async Task A_load_that_is_called_off_ends_and_leaves_nothing_behind()
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var progress = new Told { OnReport = _ => source.Cancel() };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Captioner.LoadAsync("synthetic:tiny-square", new CaptionerOptions { Device = "cpu" }, progress, source.Token));
        Assert.InRange(progress.All.Max(told => told.Fraction), 0, 0.9);
    }

    [Fact]
    public async Task Without_a_vocabulary_it_warms_up_too()
    {
        using var matcher = await Matcher.LoadAsync(
            "synthetic:tiny-square", new MatcherOptions { Device = "cpu", WarmUp = true }, null, Token);
        using var answerer = await QuestionAnswerer.LoadAsync(
            "synthetic:tiny-square", new QuestionAnswererOptions { Device = "cpu", WarmUp = true }, null, Token);
        Assert.False(matcher.HasVocabulary || answerer.HasVocabulary);
    }

    [Fact]
    public async Task What_is_wrong_with_a_model_is_the_tasks_exception() =>
        await Assert.ThrowsAsync<CheckpointException>(() => Captioner.LoadAsync("no/such-model", null, null, Token));

    [Fact]
    public void Every_exception_of_the_packages_is_one_of_Blip()
    {
        Type[] packages =
        [
            typeof(BlipException), typeof(Captioner), typeof(Blip.Datasets.DatasetException), typeof(Blip.Training.TrainingException),
            typeof(Blip.Bootstrapping.BootstrapException), typeof(Blip.Evaluation.AnnotationException),
        ];
        var exceptions = packages.SelectMany(type => type.Assembly.GetExportedTypes())
            .Where(type => type.IsSubclassOf(typeof(Exception)) && !type.IsAbstract).ToList();
        Assert.True(exceptions.Count >= 11, $"{exceptions.Count} exceptions");
        Assert.All(exceptions, type => Assert.True(type.IsSubclassOf(typeof(BlipException)), $"{type} is no BlipException"));
    }

    private sealed class Told : IProgress<LoadProgress>
    {
        public ConcurrentQueue<LoadProgress> All { get; } = [];

        public Action<LoadProgress>? OnReport { get; init; }

        public void Report(LoadProgress value)
        {
            All.Enqueue(value);
            OnReport?.Invoke(value);
        }
    }
}
