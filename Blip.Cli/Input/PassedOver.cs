using System.Globalization;

namespace Blip.Cli.Input;

/// <summary>Files and folders that a run skipped, by reason; reported once, at its end.</summary>
internal sealed class PassedOver
{
    // A run that a signal left behind may still count.
    private readonly Lock guard = new();
    private readonly Dictionary<string, (int Count, string First)> reasons = [];

    /// <summary>Counts one. <paramref name="reason"/> is half a sentence.</summary>
    public void Add(string path, string reason)
    {
        lock (guard)
        {
            var (count, first) = reasons.GetValueOrDefault(reason, (0, path));
            reasons[reason] = (count + 1, first);
        }
    }

    /// <summary>A sentence per reason, the most frequent first.</summary>
    public IReadOnlyList<string> Sentences()
    {
        lock (guard)
        {
            return
            [
                .. reasons.OrderByDescending(entry => entry.Value.Count).Select(entry => string.Create(
                    CultureInfo.InvariantCulture,
                    $"passed over {entry.Value.Count:N0}: {entry.Key} ({entry.Value.First}{(entry.Value.Count > 1 ? ", …" : "")})")),
            ];
        }
    }
}
