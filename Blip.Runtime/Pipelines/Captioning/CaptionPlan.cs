using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>A captioner's call, checked: its prompts are tokens that leave room for words.</summary>
internal sealed class CaptionPlan : GenerationPlan
{
    private readonly TextConfig text;
    private readonly int[] prompt;

    public CaptionPlan(CaptionOptions options, GenerationOptions defaults, CompatRules rules, TextConfig text,
        WordPieceTokenizer? tokenizer)
        : base(options.Generation ?? defaults, options.BadWords, options.ForceWords, options.Attention, text, tokenizer)
    {
        this.text = text;
        AttentionRules.CheckWritten(Attention, options.AttentionMethod);
        Rollout = AttentionRules.NeedsPixels(Attention, options.AttentionMethod);
        KeepsPrompt = options.KeepPrompt ?? rules.KeepsPrompt;
        // A model without a vocabulary cannot encode the default prompt.
        prompt = Encode(options.Prompt ?? (tokenizer is null ? null : rules.CaptionPrompt));
    }

    /// <summary>Whether attention is found by rollout.</summary>
    public bool Rollout { get; }

    public bool KeepsPrompt { get; }

    /// <summary>Whether both plans give an image the same result.</summary>
    public bool IsLike(CaptionPlan other) =>
        ChoosesLike(other) && KeepsPrompt == other.KeepsPrompt && prompt.AsSpan().SequenceEqual(other.prompt);

    /// <summary>Whether words are chosen in the same way, for any prompts.</summary>
    public bool ChoosesLike(CaptionPlan other) =>
        ReferenceEquals(this, other) || (
            Rollout == other.Rollout && Attention == other.Attention && Generation.SaysTheSameAs(other.Generation));

    /// <summary>The tokens that an image's caption begins with, from the start token on.</summary>
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
}
