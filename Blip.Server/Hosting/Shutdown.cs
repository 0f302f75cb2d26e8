using Microsoft.Extensions.Options;

namespace Blip.Server.Hosting;

/// <summary>
/// The end of a server. Current requests may finish within the host's shutdown timeout. The others are
/// answered shortly before: the host then closes their connections.
/// </summary>
internal sealed class Shutdown : IDisposable
{
    // Time to send an answer.
    private static readonly TimeSpan LongestMargin = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource over = new();
    private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration stopping;

    // One for the server until it is told to stop, and one per request in hand.
    private int holds = 1;

    public Shutdown(IHostApplicationLifetime lifetime, IOptions<HostOptions> options)
    {
        var timeout = options.Value.ShutdownTimeout;
        var margin = timeout / 5 < LongestMargin ? timeout / 5 : LongestMargin;
        stopping = lifetime.ApplicationStopping.Register(() =>
        {
            IsStopping = true;
            // A host may wait without a limit.
            if (timeout != Timeout.InfiniteTimeSpan)
                over.CancelAfter(timeout - margin);
            Release();
        });
    }

    public bool IsStopping { get; private set; }

    public int InHand => Volatile.Read(ref holds) - (IsStopping ? 0 : 1);

    /// <summary>Cancelled when requests in hand must be answered without a result.</summary>
    public CancellationToken Over => over.Token;

    /// <summary>Completes once the server was told to stop and no request is in hand.</summary>
    public Task Finished => finished.Task;

    /// <summary>Counts a request as in hand until disposed.</summary>
    public IDisposable Enter()
    {
        Interlocked.Increment(ref holds);
        return new Hold(this);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stopping.Dispose();
        over.Dispose();
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref holds) == 0)
            finished.TrySetResult();
    }

    private sealed class Hold(Shutdown shutdown) : IDisposable
    {
        public void Dispose() => shutdown.Release();
    }
}
