using System.Text;

namespace Blip.Cli.Output;

internal sealed class EarlierResults
{
    private readonly HashSet<string> done = new(StringComparer.Ordinal);

    /// <summary>How many inputs failed.</summary>
    public int Failed { get; private set; }

    public bool Holds(string key) => done.Contains(key);

    /// <summary>
    /// Copies an earlier run's finished records. <paramref name="retryFailed"/> drops failed ones, to be done
    /// again; <paramref name="redoLast"/> drops the last input, whose records may be incomplete.
    /// </summary>
    /// <exception cref="UsageException">A record is not this command's.</exception>
    public static EarlierResults Copy(IEnumerable<EarlierRecords.Record> records, TextWriter to, bool retryFailed, bool redoLast)
    {
        var earlier = new EarlierResults();
        var (last, failures, waiting) = ((string?)null, 0, new StringBuilder());
        foreach (var (raw, key, failed) in records)
        {
            if (failed && retryFailed)
                continue;
            if (key != last)
                Keep();
            last = key;
            waiting.Append(raw);
            failures += failed ? 1 : 0;
        }
        if (!redoLast || last is null)
            Keep();
        return earlier;

        void Keep()
        {
            to.Write(waiting);
            waiting.Clear();
            (earlier.Failed, failures) = (earlier.Failed + failures, 0);
            // Standard input is another image each time.
            if (last is not null && last.Split('\0')[0] != Input.InputExpansion.StandardInput)
                earlier.done.Add(last);
        }
    }
}
