namespace Blip.Runtime.Pipelines;

/// <summary>The listener of a load's progress, and its cancellation.</summary>
/// <param name="Progress">Told; may be null.</param>
/// <param name="CancellationToken">Ends the load.</param>
internal sealed record LoadWatch(IProgress<LoadProgress>? Progress, CancellationToken CancellationToken)
{
    /// <summary>Tells how far it is.</summary>
    public void Tell(LoadStage stage, double fraction) => Progress?.Report(new LoadProgress(stage, fraction));

    /// <summary>Loads a pipeline on the thread pool.</summary>
    /// <param name="options">How it is set up.</param>
    /// <param name="load">Loads it with options that hold the watch.</param>
    /// <param name="progress">Told; may be null.</param>
    /// <param name="cancellationToken">Ends the load.</param>
    public static Task<TPipeline> LoadAsync<TPipeline, TOptions>(
        TOptions options, Func<TOptions, TPipeline> load, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
        where TOptions : PipelineOptions => Task.Run(() => load(options with { Watch = new LoadWatch(progress, cancellationToken) }), cancellationToken);
}
