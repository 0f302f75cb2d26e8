namespace Blip.Runtime.Pipelines;

/// <summary>A call that waits for the device, or is on it. It ends once: with a result, an exception, or because it was cancelled.</summary>
internal abstract class PendingCall<TResult> : IPendingCall
{
    // The awaiting code must not continue on the device's thread.
    private readonly TaskCompletionSource<TResult> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationToken cancellationToken;

    /// <param name="cancellationToken">Ends the call at once; its work on the device ends before the next token.</param>
    protected PendingCall(CancellationToken cancellationToken)
    {
        this.cancellationToken = cancellationToken;
        var registration = cancellationToken.UnsafeRegister(_ => completion.TrySetCanceled(cancellationToken), null);
        _ = completion.Task.ContinueWith(
            _ => registration.Unregister(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Its result.</summary>
    public Task<TResult> Result => completion.Task;

    /// <inheritdoc/>
    public CallMeter? Meter { get; set; }

    /// <summary>Ends with the call.</summary>
    public CancellationToken CancellationToken => cancellationToken;

    /// <inheritdoc/>
    public bool IsOver => completion.Task.IsCompleted;

    /// <summary>Ends the call.</summary>
    public void Complete(TResult result) => completion.TrySetResult(result);

    /// <inheritdoc/>
    public void Fail(Exception e) => completion.TrySetException(e);
}

/// <summary>A call as the queue sees it.</summary>
internal interface IPendingCall
{
    /// <summary>Whether it has ended: a cancelled call is passed over.</summary>
    bool IsOver { get; }

    /// <summary>The measurements of it.</summary>
    CallMeter? Meter { get; set; }

    /// <summary>Ends the call by an exception.</summary>
    void Fail(Exception e);
}
