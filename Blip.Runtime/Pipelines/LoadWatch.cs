namespace Blip.Runtime.Pipelines;

/// <summary>The listener of a load's progress, and its cancellation.</summary>
internal sealed record LoadWatch(IProgress<LoadProgress>? Progress, CancellationToken CancellationToken)
{
    public void Tell(LoadStage stage, double fraction) => Progress?.Report(new LoadProgress(stage, fraction));

    /// <summary>Loads a pipeline on the thread pool, with options that hold the watch.</summary>
    public static Task<TPipeline> LoadAsync<TPipeline, TOptions>(
        TOptions options, Func<TOptions, TPipeline> load, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
        where TOptions : PipelineOptions =>
            Task.Run(() => load(options with { Watch = new LoadWatch(progress, cancellationToken) }), cancellationToken);
}
