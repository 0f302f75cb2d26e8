using System.Globalization;

namespace Blip.Runtime.Hub;

/// <summary>How often something is tried again, and after which wait. Progress resets the count.</summary>
/// <param name="waits">The wait before each further try.</param>
/// <param name="tell">Is told of each wait.</param>
/// <param name="advice">The advice at the end, where no try succeeded.</param>
internal sealed class RetryPolicy(IReadOnlyList<TimeSpan> waits, Action<string> tell, string advice)
{
    // A longer one is the user's to wait for.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private int tries;

    /// <summary>Tries until it succeeds.</summary>
    /// <exception cref="HubException">No try succeeded.</exception>
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
    /// <param name="problem">Why there must be one.</param>
    /// <param name="progressed">Whether the last try got further than the one before.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="HubException">There were enough tries, or the server asks for a longer wait than that.</exception>
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
