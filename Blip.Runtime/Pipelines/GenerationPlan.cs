using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>How a call's words are chosen, in the model's terms: checked, and words turned to tokens.</summary>
internal abstract class GenerationPlan
{
    /// <summary>The message where no sequence came out.</summary>
    public const string NoWords =
        "the model gave no word a probability. Its weights are damaged or too large for the precision (try fp32), or the options forbid every word.";

    private readonly WordPieceTokenizer? tokenizer;

    /// <summary>Checks the options against the model.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it.</exception>
    protected GenerationPlan(GenerationOptions generation, IReadOnlyList<string> badWords, IReadOnlyList<string> forceWords, bool attention, TextConfig text, WordPieceTokenizer? tokenizer)
    {
        this.tokenizer = tokenizer;
        Specials = new SpecialTokens(text.BosTokenId, text.SepTokenId, text.PadTokenId);
        generation.Validate(text.VocabularySize, text.MaxPositions, Specials);
        Attention = attention || generation.OutputAttentions;
        Generation = generation with
        {
            BadWordsIds = [.. generation.BadWordsIds, .. badWords.Select(words => Encode(words, "BadWords"))],
            ForceWordsIds = [.. generation.ForceWordsIds, .. forceWords.Select(words => Encode(words, "ForceWords"))],
            OutputAttentions = Attention,
        };
        if (generation.StopStrings.Count == 0)
            return;
        if (tokenizer is null)
            throw new ArgumentException("StopStrings are given, and the model has no vocabulary to read them in: give a VocabularyFile.", nameof(GenerationOptions.StopStrings));
        Ends = new StopStrings(tokenizer, generation.StopStrings).AreMetBy;
    }

    /// <summary>How words are chosen.</summary>
    public GenerationOptions Generation { get; }

    /// <summary>Whether the last token of a sequence ends it; null where the stop token alone does.</summary>
    public Func<IReadOnlyList<int>, bool>? Ends { get; }

    /// <summary>The model's start, stop and pad tokens.</summary>
    public SpecialTokens Specials { get; }

    /// <summary>Whether to tell where the model looked.</summary>
    public bool Attention { get; }

    /// <summary>The tokens of an option's words, without the special ones around them.</summary>
    /// <exception cref="ArgumentException">There is no vocabulary, or no word; the message names the option.</exception>
    protected int[] Encode(string words, string option)
    {
        if (tokenizer is null)
            throw new ArgumentException($"{option} is '{words}', and the model has no vocabulary to turn words into tokens: give a VocabularyFile.", option);
        var tokens = tokenizer.Encode(words, addSpecial: false);
        return tokens.Length > 0 ? tokens : throw new ArgumentException($"{option} is '{words}', which holds no word.", option);
    }
}
