namespace Blip.Evaluation;

/// <summary>Counts a tokenized caption's n-grams of 1 to 4 words.</summary>
internal sealed class NGrams
{
    public const int Longest = 4;

    private readonly Dictionary<string, int>[] counts =
        [.. Enumerable.Range(0, Longest).Select(_ => new Dictionary<string, int>(StringComparer.Ordinal))];

    public NGrams(string tokens)
    {
        var words = tokens.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Words = words.Length;
        for (var length = 1; length <= Longest; length++)
        {
            for (var start = 0; start + length <= words.Length; start++)
            {
                // Words hold no blanks: the key is unique.
                var run = length == 1 ? words[start] : string.Join(' ', words, start, length);
                counts[length - 1][run] = counts[length - 1].GetValueOrDefault(run) + 1;
            }
        }
    }

    public int Words { get; }

    /// <summary>Number of n-grams of a length, with repetitions.</summary>
    public int Runs(int length) => Math.Max(0, Words - length + 1);

    /// <summary>The counts of a length's n-grams.</summary>
    public IReadOnlyDictionary<string, int> Of(int length) => counts[length - 1];
}
