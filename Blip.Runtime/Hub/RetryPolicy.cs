using System.Globalization;

namespace Blip.Runtime.Hub;

/// <summary>How often to retry, and after which waits. Progress resets the count.</summary>
internal sealed class RetryPolicy(IReadOnlyList<TimeSpan> waits, Action<string> tell, string advice)
{
    // Longer waits are left to the user.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private int tries;

    /// <exception cref="HubException">All tries failed.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> attempt, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (TransientException e)
            {
                await WaitAsync(e, progressed: false, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits before the next try.</summary>
    /// <exception cref="HubException">The tries are used up, or the server asks for too long a wait.</exception>
    public async Task WaitAsync(TransientException problem, bool progressed, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        tries = progressed ? 0 : tries;
        if (tries >= waits.Count)
            throw new HubException($"{problem.Message} ({tries + 1} tries). {advice}", problem);
        var wait = problem.Wait is { } asked && asked > waits[tries] ? asked : waits[tries];
        if (wait > Longest)
            throw new HubException($"{problem.Message}, and asks to wait {Words(wait)}: try again then.", problem);
        tries++;
        tell($"{problem.Message}; trying again in {Words(wait)}");
        await Task.Delay(wait, cancellationToken).ConfigureAwait(false);
    }

    private static string Words(TimeSpan wait) => wait.TotalMinutes >= 2
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(wait.TotalMinutes):0} minutes")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(wait.TotalSeconds):0} s");
}
