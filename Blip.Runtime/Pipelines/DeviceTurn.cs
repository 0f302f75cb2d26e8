namespace Blip.Runtime.Pipelines;

/// <summary>One caller at a time has the turn, in about the order of asking.</summary>
internal sealed class DeviceTurn
{
    private readonly SemaphoreSlim turn = new(1, 1);
    private int waiting;

    public bool IsWanted => Volatile.Read(ref waiting) > 0;

    /// <summary>Blocks the caller's thread until its turn comes.</summary>
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

    /// <summary>The same without blocking a thread.</summary>
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

    public void Leave() => turn.Release();
}
