using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>A call's options in the model's terms: checked, and words turned to tokens.</summary>
internal sealed class CaptionPlan
{
    private readonly WordPieceTokenizer? tokenizer;
    private readonly TextConfig text;
    private readonly int[] prompt;

    /// <summary>Checks the options against the model.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it.</exception>
    public CaptionPlan(CaptionOptions options, GenerationOptions defaults, TextConfig text, WordPieceTokenizer? tokenizer)
    {
        (this.text, this.tokenizer) = (text, tokenizer);
        var generation = options.Generation ?? defaults;
        Specials = new SpecialTokens(text.BosTokenId, text.SepTokenId, text.PadTokenId);
        generation.Validate(text.VocabularySize, text.MaxPositions, Specials);
        Attention = options.Attention || generation.OutputAttentions;
        Generation = generation with
        {
            BadWordsIds = [.. generation.BadWordsIds, .. options.BadWords.Select(words => Encode(words, nameof(CaptionOptions.BadWords)))],
            OutputAttentions = Attention,
        };
        prompt = Encode(options.Prompt);
    }

    /// <summary>How words are chosen.</summary>
    public GenerationOptions Generation { get; }

    /// <summary>The model's start, stop and pad tokens.</summary>
    public SpecialTokens Specials { get; }

    /// <summary>Whether to tell where the model looked.</summary>
    public bool Attention { get; }

    /// <summary>The tokens that a picture's caption begins with, the start token first.</summary>
    /// <exception cref="ArgumentException">The picture's own prompt leaves no room for words, or the model has no vocabulary.</exception>
    public int[] Prompt(ImageSource source) => source.Prompt is null ? prompt : Encode(source.Prompt);

    private int[] Encode(string? words)
    {
        int[] tokens = string.IsNullOrEmpty(words) ? [text.BosTokenId] : [text.BosTokenId, .. Encode(words, nameof(CaptionOptions.Prompt))];
        var limit = Generation.LengthLimit(tokens.Length);
        if (tokens.Length >= limit)
            throw Refused($"MaxLength is {limit}: shorten it, or set MaxNewTokens.");
        if (limit > text.MaxPositions)
            throw Refused($"MaxNewTokens is {Generation.MaxNewTokens}; the model has {text.MaxPositions} positions for both: shorten one.");
        return tokens;

        ArgumentException Refused(string reason) =>
            new($"Prompt '{words}' has {tokens.Length} tokens with the start token, and {reason}", nameof(CaptionOptions.Prompt));
    }

    private int[] Encode(string words, string option)
    {
        if (tokenizer is null)
            throw new ArgumentException($"{option} is '{words}', and the model has no vocabulary to turn words into tokens: give a VocabularyFile.", option);
        var tokens = tokenizer.Encode(words, addSpecial: false);
        return tokens.Length > 0 ? tokens : throw new ArgumentException($"{option} is '{words}', which holds no word.", option);
    }
}
