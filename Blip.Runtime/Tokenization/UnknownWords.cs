namespace Blip.Runtime.Tokenization;

/// <summary>Words that a vocabulary lacks, gathered over many texts and reported briefly.</summary>
internal sealed class UnknownWords
{
    private const int MostTold = 10, MostGathered = 1000, LongestTold = 32;

    private readonly HashSet<string> gathered = new(StringComparer.Ordinal);
    private readonly List<string> told = [];

    public bool Any => gathered.Count > 0;

    public void Add(IEnumerable<string> words)
    {
        foreach (var word in words)
        {
            if (gathered.Count < MostGathered && gathered.Add(word) && told.Count < MostTold)
                told.Add(word);
        }
    }

    /// <summary>A note for people that names the first words and counts the others.</summary>
    public string Notice()
    {
        var others = gathered.Count - told.Count;
        var rest = others == 0 ? "" : gathered.Count == MostGathered ? $" and more than {others - 1} others" : $" and {others} more";
        return $"the model's vocabulary does not have {string.Join(", ", told.Select(word => $"'{Shortened(word)}'"))}{rest}: "
            + $"it reads {(gathered.Count > 1 ? "them" : "it")} as [UNK]";
    }

    private static string Shortened(string word) =>
        word.Length <= LongestTold ? word : $"{word[..(char.IsHighSurrogate(word[LongestTold - 1]) ? LongestTold - 1 : LongestTold)]}…";
}
