using System.Text;

namespace Blip.Cli.Output;

/// <summary>The inputs that an earlier run has done.</summary>
internal sealed class EarlierResults
{
    private readonly HashSet<string> done = new(StringComparer.Ordinal);

    /// <summary>Those among them that failed.</summary>
    public int Failed { get; private set; }

    /// <summary>Whether an input has its record.</summary>
    public bool Holds(string key) => done.Contains(key);

    /// <summary>Copies an earlier run's finished records.</summary>
    /// <param name="records">Its records.</param>
    /// <param name="to">Takes the kept ones.</param>
    /// <param name="retryFailed">Whether failed ones are left out, to be done again.</param>
    /// <param name="redoLast">Whether the last input is left out, since not all of its records may be there.</param>
    /// <exception cref="UsageException">A record is none of this command's.</exception>
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
            // Another image comes from standard input each time.
            if (last is not null && last.Split('\0')[0] != Input.InputExpansion.StandardInput)
                earlier.done.Add(last);
        }
    }
}
