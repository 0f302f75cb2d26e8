namespace Blip.Evaluation;

/// <summary>The runs of one to four words of a tokenized caption, and how often each occurs.</summary>
internal sealed class NGrams
{
    /// <summary>The longest runs that BLEU-4 and CIDEr count.</summary>
    public const int Longest = 4;

    private readonly Dictionary<string, int>[] counts = [.. Enumerable.Range(0, Longest).Select(_ => new Dictionary<string, int>(StringComparer.Ordinal))];

    /// <summary>Counts the runs of a tokenized caption.</summary>
    public NGrams(string tokens)
    {
        var words = tokens.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Words = words.Length;
        for (var length = 1; length <= Longest; length++)
        {
            for (var start = 0; start + length <= words.Length; start++)
            {
                // No word holds a blank, so that no two runs have one name.
                var run = length == 1 ? words[start] : string.Join(' ', words, start, length);
                counts[length - 1][run] = counts[length - 1].GetValueOrDefault(run) + 1;
            }
        }
    }

    /// <summary>Number of words.</summary>
    public int Words { get; }

    /// <summary>Number of runs of a length, repetitions counted.</summary>
    public int Runs(int length) => Math.Max(0, Words - length + 1);

    /// <summary>The runs of a length, and how often each occurs.</summary>
    public IReadOnlyDictionary<string, int> Of(int length) => counts[length - 1];
}
