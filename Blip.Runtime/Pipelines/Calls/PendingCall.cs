namespace Blip.Runtime.Pipelines;

/// <summary>A call that waits for the device or runs on it. It ends once: by a result, an exception or cancellation.</summary>
internal abstract class PendingCall<TResult> : IPendingCall
{
    // Awaiting code must not continue on the device's thread.
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

    public Task<TResult> Result => completion.Task;

    /// <inheritdoc/>
    public CallMeter? Meter { get; set; }

    public CancellationToken CancellationToken => cancellationToken;

    /// <inheritdoc/>
    public bool IsOver => completion.Task.IsCompleted;

    public void Complete(TResult result) => completion.TrySetResult(result);

    /// <inheritdoc/>
    public void Fail(Exception e) => completion.TrySetException(e);
}

internal interface IPendingCall
{
    /// <summary>Whether it has ended; such a call is skipped.</summary>
    bool IsOver { get; }

    CallMeter? Meter { get; set; }

    void Fail(Exception e);
}
