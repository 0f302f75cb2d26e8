namespace Blip.Runtime.Pipelines;

/// <summary>Whose turn it is on a device: one at a time, in about the order of asking.</summary>
internal sealed class DeviceTurn
{
    private readonly SemaphoreSlim turn = new(1, 1);
    private int waiting;

    /// <summary>Whether somebody waits for the turn.</summary>
    public bool IsWanted => Volatile.Read(ref waiting) > 0;

    /// <summary>Waits for the turn on the caller's thread.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled before it came.</exception>
    public void Enter(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref waiting);
        try
        {
            turn.Wait(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    /// <summary>The same without a thread that waits.</summary>
    /// <inheritdoc cref="Enter"/>
    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref waiting);
        try
        {
            await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    /// <summary>Ends the turn.</summary>
    public void Leave() => turn.Release();
}
