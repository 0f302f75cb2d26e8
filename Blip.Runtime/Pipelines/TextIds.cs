using Blip.Runtime.Checkpoints;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>The text encoder's ids for a text beside an image.</summary>
internal static class TextIds
{
    /// <summary>
    /// Ids with [CLS] and [SEP], changed by a compatibility rule. Errors name the text by <paramref name="name"/>, and
    /// <paramref name="given"/> is what the caller gave, where <paramref name="text"/> was made of it.
    /// </summary>
    /// <exception cref="ArgumentException">There is no vocabulary, or the text is too long for the model.</exception>
    public static int[] Of(
        PipelineHost host, string text, Func<int[], TextConfig, int[]> rule, string name, string? given = null)
    {
        ArgumentNullException.ThrowIfNull(text, name);
        if (host.Tokenizer is null)
            throw new ArgumentException(
                $"{name} is '{text}', and the model has no vocabulary to turn words into tokens: give a VocabularyFile.", name);
        var ids = rule(host.Tokenizer.Encode(text), host.Source.Config.Text);
        var most = host.Source.Config.Text.MaxPositions;
        if (ids.Length <= most)
            return ids;
        var shown = text.Length > 40 ? $"{text[..40]}…" : text;
        throw new TextException(
            given ?? text, $"{name} '{shown}' has {ids.Length} tokens, and the model reads {most}: shorten it.", name);
    }

    /// <summary>The ids of each text of a list.</summary>
    public static Dictionary<string,
        int[]> OfEach(PipelineHost host, IReadOnlyList<string> texts, Func<int[], TextConfig, int[]> rule, string name)
    {
        ArgumentNullException.ThrowIfNull(texts, name);
        var ids = new Dictionary<string, int[]>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            if (text is null || !ids.ContainsKey(text))
                ids[text!] = Of(host, text!, rule, name);
        }
        return ids;
    }
}
