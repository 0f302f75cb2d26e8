namespace Blip.Runtime.Pipelines;

/// <summary>Cancelled when all of some calls are.</summary>
internal sealed class AllCancelled : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly List<CancellationTokenRegistration> registrations = [];
    private int wanted;

    public AllCancelled(IReadOnlyList<CancellationToken> calls)
    {
        wanted = calls.Count;
        foreach (var call in calls)
            registrations.Add(call.UnsafeRegister(_ => Leave(), null));
    }

    public CancellationToken Token => source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        registrations.ForEach(registration => registration.Dispose());
        source.Dispose();
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref wanted) == 0)
            source.Cancel();
    }
}
