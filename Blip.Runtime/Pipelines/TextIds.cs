using Blip.Runtime.Checkpoints;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>From a text beside an image to the ids that the text encoder reads.</summary>
internal static class TextIds
{
    /// <summary>Ids with [CLS] and [SEP], as a rule wants them.</summary>
    /// <param name="host">Vocabulary and sizes.</param>
    /// <param name="text">The text.</param>
    /// <param name="rule">The compatibility rules' change of the ids.</param>
    /// <param name="name">The text's name in errors; also the exception's parameter.</param>
    /// <exception cref="ArgumentException">There is no vocabulary, or the text is too long for the model.</exception>
    public static int[] Of(PipelineHost host, string text, Func<int[], TextConfig, int[]> rule, string name)
    {
        ArgumentNullException.ThrowIfNull(text, name);
        if (host.Tokenizer is null)
            throw new ArgumentException($"{name} is '{text}', and the model has no vocabulary to turn words into tokens: give a VocabularyFile.", name);
        var ids = rule(host.Tokenizer.Encode(text), host.Source.Config.Text);
        var most = host.Source.Config.Text.MaxPositions;
        if (ids.Length <= most)
            return ids;
        var shown = text.Length > 40 ? $"{text[..40]}…" : text;
        throw new ArgumentException($"{name} '{shown}' has {ids.Length} tokens, and the model reads {most}: shorten it.", name);
    }

    /// <summary>The ids of each text of a list.</summary>
    /// <exception cref="ArgumentException">The list is empty, or as <see cref="Of"/>.</exception>
    public static Dictionary<string, int[]> OfEach(PipelineHost host, IReadOnlyList<string> texts, Func<int[], TextConfig, int[]> rule, string name)
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
