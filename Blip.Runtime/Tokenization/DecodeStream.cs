using System.Text;

namespace Blip.Runtime.Tokenization;

/// <summary>
/// Decodes token by token. Text comes out once no later token can change it: a word when the next one begins. The joined parts equal
/// <see cref="WordPieceTokenizer.Decode"/> of the whole row.
/// </summary>
internal sealed class DecodeStream
{
    private readonly WordPieceTokenizer tokenizer;
    private readonly StringBuilder text = new();
    private readonly int held;
    private int given;

    internal DecodeStream(WordPieceTokenizer tokenizer)
    {
        this.tokenizer = tokenizer;
        // A token can close the space before it; with clean-up, "n ' t" closes three.
        held = tokenizer.Settings.CleanUpSpaces ? 4 : 1;
    }

    /// <summary>The newly final text, with the space before it; may be empty.</summary>
    public string Append(int id)
    {
        text.Append(tokenizer.Piece(id, skipSpecial: true, first: text.Length == 0));
        var clean = tokenizer.CleanUp(text.ToString());
        var end = clean.Length;
        for (var spaces = 0; spaces < held && end > 0; spaces++)
            end = clean.LastIndexOf(' ', end - 1);
        return Give(clean, Math.Max(end, 0));
    }

    public string Finish()
    {
        var clean = tokenizer.CleanUp(text.ToString());
        return Give(clean, clean.Length);
    }

    private string Give(string clean, int end)
    {
        if (end <= given)
            return "";
        var fresh = clean[given..end];
        given = end;
        return fresh;
    }
}
