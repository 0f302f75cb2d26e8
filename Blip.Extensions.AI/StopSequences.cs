using System.Text;

namespace Blip.Extensions.AI;

/// <summary>Ends a streamed text before the first stop sequence. A possible beginning of a sequence is held back.</summary>
internal sealed class StopSequences(IReadOnlyList<string> sequences)
{
    private readonly StringBuilder held = new();

    public bool Stopped { get; private set; }

    /// <summary>Takes a piece of text and returns the part that can be passed on.</summary>
    public string Take(string piece)
    {
        if (Stopped)
            return "";
        var text = held.Append(piece).ToString();
        held.Clear();
        // The sequence that ends first, as in word-by-word output; of several that end together, the longest.
        var first = sequences.Select(sequence => (Start: text.IndexOf(sequence, StringComparison.Ordinal), sequence.Length))
            .Where(found => found.Start >= 0)
            .OrderBy(found => found.Start + found.Length)
            .ThenBy(found => found.Start)
            .FirstOrDefault((Start: -1, Length: 0));
        if (first.Start >= 0)
        {
            Stopped = true;
            return text[..first.Start];
        }
        var keep = sequences.Select(sequence => Beginning(text, sequence)).DefaultIfEmpty(0).Max();
        held.Append(text, text.Length - keep, keep);
        return text[..^keep];
    }

    /// <summary>The held-back rest, which is no sequence.</summary>
    public string Finish()
    {
        var text = held.ToString();
        held.Clear();
        return text;
    }

    // How much of the text's end could begin the sequence.
    private static int Beginning(string text, string sequence)
    {
        for (var length = Math.Min(text.Length, sequence.Length - 1); length > 0; length--)
        {
            if (text.AsSpan(text.Length - length).SequenceEqual(sequence.AsSpan(0, length)))
                return length;
        }
        return 0;
    }
}
