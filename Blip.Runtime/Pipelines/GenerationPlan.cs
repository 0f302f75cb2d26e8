using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>A call's generation options, checked and with words turned into tokens.</summary>
internal abstract class GenerationPlan
{
    /// <summary>The error when no sequence came out.</summary>
    public const string NoWords =
        "the model gave no word a probability. Its weights are damaged or too large for the precision (try fp32), or the options forbid "
            + "every word.";

    private readonly WordPieceTokenizer? tokenizer;

    /// <summary>Checks the options against the model.</summary>
    protected GenerationPlan(GenerationOptions generation, IReadOnlyList<string> badWords, IReadOnlyList<string> forceWords, bool attention,
        TextConfig text, WordPieceTokenizer? tokenizer)
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
            throw new ArgumentException("StopStrings are given, and the model has no vocabulary to read them in: give a VocabularyFile.",
                nameof(GenerationOptions.StopStrings));
        Ends = new StopStrings(tokenizer, generation.StopStrings).AreMetBy;
    }

    public GenerationOptions Generation { get; }

    /// <summary>Whether a sequence's last token ends it; null where only the stop token does.</summary>
    public Func<IReadOnlyList<int>, bool>? Ends { get; }

    public SpecialTokens Specials { get; }

    /// <summary>Whether to return where the model looked.</summary>
    public bool Attention { get; }

    /// <summary>The tokens of an option's words, without special tokens.</summary>
    protected int[] Encode(string words, string option)
    {
        if (tokenizer is null)
            throw new ArgumentException(
                $"{option} is '{words}', and the model has no vocabulary to turn words into tokens: give a VocabularyFile.", option);
        var tokens = tokenizer.Encode(words, addSpecial: false);
        return tokens.Length > 0 ? tokens : throw new ArgumentException($"{option} is '{words}', which holds no word.", option);
    }
}
