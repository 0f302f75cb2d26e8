using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Texts that end a sequence, as in transformers' StopStringCriteria: one is met when it ends within the last token. That token is not cut,
/// so text behind the stop string stays.
/// </summary>
internal sealed class StopStrings(WordPieceTokenizer tokenizer, IReadOnlyList<string> texts)
{
    private readonly int longest = texts.Max(text => text.Length);

    public bool AreMetBy(IReadOnlyList<int> tokens)
    {
        var last = Piece(tokens[^1]);
        if (last.Length == 0)
            return false;
        var text = last;
        for (var i = tokens.Count - 2; i >= 0 && text.Length < longest + last.Length; i--)
            text = Piece(tokens[i]) + text;
        return texts.Any(stop =>
            text.IndexOf(stop, Math.Max(0, text.Length - last.Length - stop.Length + 1), StringComparison.Ordinal) >= 0);
    }

    private string Piece(int token) => tokenizer.Piece(token, skipSpecial: true, first: false);
}
