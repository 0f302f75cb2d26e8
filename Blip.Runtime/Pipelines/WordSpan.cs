namespace Blip.Runtime.Pipelines;

/// <summary>A word of a caption and the tokens that it is made of.</summary>
/// <param name="Word">Its pieces, joined.</param>
/// <param name="First">Position of its first token in the caption, the start token being 0.</param>
/// <param name="Count">Number of its tokens.</param>
internal readonly record struct WordSpan(string Word, int First, int Count)
{
    /// <summary>Joins tokens to words.</summary>
    /// <param name="pieces">What each token adds to the text: with a space before it where a word begins, empty for a special token.</param>
    public static List<WordSpan> Of(IReadOnlyList<string> pieces)
    {
        var words = new List<WordSpan>();
        for (var i = 0; i < pieces.Count; i++)
        {
            var piece = pieces[i];
            if (piece.Length == 0)
                continue;
            if (piece[0] != ' ' && words.Count > 0 && words[^1].First + words[^1].Count == i)
                words[^1] = words[^1] with { Word = words[^1].Word + piece, Count = words[^1].Count + 1 };
            else
                words.Add(new WordSpan(piece.TrimStart(' '), i, 1));
        }
        return words;
    }
}
