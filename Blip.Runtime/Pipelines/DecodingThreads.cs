using System.Collections.Concurrent;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Threads that decode the images of concurrent calls, as many as the machine has cores. On the thread pool, which begins with as many
/// threads, requests of a server and its health check would wait for them.
/// </summary>
internal sealed class DecodingThreads : TaskScheduler
{
    private static readonly Lazy<DecodingThreads> All = new(() => new DecodingThreads(Environment.ProcessorCount));

    private readonly BlockingCollection<Task> waiting = [];

    private DecodingThreads(int count)
    {
        MaximumConcurrencyLevel = count;
        for (var i = 0; i < count; i++)
            new Thread(Work) { IsBackground = true, Name = "Blip images" }.Start();
    }

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel { get; }

    /// <summary>Runs work on one of them, in the order of the calls.</summary>
    public static Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(
            work, cancellationToken, TaskCreationOptions.DenyChildAttach | TaskCreationOptions.HideScheduler, All.Value);

    /// <inheritdoc/>
    protected override void QueueTask(Task task) => waiting.Add(task);

    // The caller's thread is the pool's.
    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks() => [.. waiting];

    private void Work()
    {
        foreach (var task in waiting.GetConsumingEnumerable())
            TryExecuteTask(task);
    }
}
