using System.Diagnostics;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;

namespace Blip.Runtime.Generation;

/// <summary>
/// What <see cref="Compat"/> means outside the graphs: how texts begin and where they are cut, how words are chosen by default, and
/// the order of a retrieval. docs/compatibility.md is this record in words.
/// </summary>
internal sealed record CompatRules
{
    private static readonly CompatRules HuggingFace = new();

    private static readonly CompatRules Original = new()
    {
        CaptionPrompt = "a picture of ",
        KeepsPrompt = false,
        Captioning = new GenerationOptions { NumBeams = 3, MaxLength = 20, MinLength = 5 },
        CaptionSampling = new GenerationOptions { DoSample = true, TopP = 0.9, RepetitionPenalty = 1.1, MaxLength = 20, MinLength = 5 },
        Answering = new GenerationOptions { NumBeams = 3, MaxLength = 10, MinLength = 1 },
        EncoderTokenInQuestions = true,
        EncoderTokenInReranking = true,
        MaxTextTokens = 35,
        QuestionImageSize = 480,
        RerankScore = RerankScore.LogitPlusCosine,
    };

    private CompatRules()
    {
    }

    /// <summary>The beginning of every caption without a prompt; null for none.</summary>
    public string? CaptionPrompt { get; private init; }

    /// <summary>Whether a caption's text includes its prompt.</summary>
    public bool KeepsPrompt { get; private init; } = true;

    /// <summary>How a caption's words are chosen by default; null leaves it to the model's own files.</summary>
    public GenerationOptions? Captioning { get; private init; }

    /// <summary>How they are drawn, where no more is said than that they be drawn; null for the plain way with <see cref="GenerationOptions.DoSample"/>.</summary>
    public GenerationOptions? CaptionSampling { get; private init; }

    /// <summary>How an answer's words are chosen by default; null leaves it to the model's own files.</summary>
    public GenerationOptions? Answering { get; private init; }

    /// <summary>Whether a question begins with [ENC] in place of [CLS].</summary>
    public bool EncoderTokenInQuestions { get; private init; }

    /// <summary>
    /// Whether a text that is matched with an image by itself begins with [ENC] in place of [CLS]. Neither implementation does so in its demo;
    /// training does this, and <see cref="ForMatching"/> does it on request.
    /// </summary>
    public bool EncoderTokenInMatching { get; private init; }

    /// <summary>Whether a text that re-ranks a retrieval begins with [ENC] in place of [CLS].</summary>
    public bool EncoderTokenInReranking { get; private init; }

    /// <summary>Most tokens of a question or a text to be matched, [CLS] and [SEP] counted; null for as many as the model has positions.</summary>
    public int? MaxTextTokens { get; private init; }

    /// <summary>Side in pixels of images that questions are asked about; null for the size in the model's files.</summary>
    public int? QuestionImageSize { get; private init; }

    /// <summary>The choice among the first of a retrieval.</summary>
    public RerankScore RerankScore { get; private init; }

    /// <summary>The rules of an implementation.</summary>
    public static CompatRules Of(Compat compat) => compat switch
    {
        Compat.HuggingFace => HuggingFace,
        Compat.Original => Original,
        _ => throw new ArgumentOutOfRangeException(nameof(compat), compat, $"Give {string.Join(" or ", Enum.GetNames<Compat>())}."),
    };

    /// <summary>A question as the model is to read it.</summary>
    /// <param name="ids">The tokenizer's ids, [CLS] first and [SEP] last.</param>
    /// <param name="text">The model's special tokens.</param>
    public int[] Question(int[] ids, TextConfig text) => Begin(Cut(ids), EncoderTokenInQuestions, text);

    /// <summary>These rules, changed by one call's options for its texts.</summary>
    /// <param name="encoderToken">Whether texts beside an image begin with [ENC]; null leaves it to these rules.</param>
    /// <param name="maxTextTokens">Most tokens of a text, [CLS] and [SEP] counted; null leaves it to these rules.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxTextTokens"/> is below 2: [CLS] and [SEP] always stay.</exception>
    public CompatRules ForMatching(bool? encoderToken, int? maxTextTokens)
    {
        if (maxTextTokens is { } most)
            ArgumentOutOfRangeException.ThrowIfLessThan(most, 2, nameof(maxTextTokens));
        return this with
        {
            EncoderTokenInMatching = encoderToken ?? EncoderTokenInMatching,
            EncoderTokenInReranking = encoderToken ?? EncoderTokenInReranking,
            MaxTextTokens = maxTextTokens ?? MaxTextTokens,
        };
    }

    /// <summary>A text that a vector is made of: always with [CLS].</summary>
    /// <inheritdoc cref="Question"/>
    public int[] VectorText(int[] ids, TextConfig text) => Begin(Cut(ids), encoderToken: false, text);

    /// <summary>A text that is matched with an image.</summary>
    /// <inheritdoc cref="Question"/>
    public int[] MatchText(int[] ids, TextConfig text) => Begin(Cut(ids), EncoderTokenInMatching, text);

    /// <summary>A sentence about two images: always with [ENC], as the authors' only code for it has it, and never cut.</summary>
    /// <inheritdoc cref="Question"/>
    public static int[] Sentence(int[] ids, TextConfig text) => Begin(ids, encoderToken: true, text);

    /// <summary>A text that re-ranks a retrieval.</summary>
    /// <inheritdoc cref="Question"/>
    public int[] RerankText(int[] ids, TextConfig text) => Begin(Cut(ids), EncoderTokenInReranking, text);

    /// <summary>The score that orders re-ranked pairs, the largest first.</summary>
    /// <param name="match">The matching head's logits.</param>
    /// <param name="cosine">The similarity of the pair's vectors.</param>
    public double Score(MatchLogits match, double cosine) => RerankScore switch
    {
        RerankScore.LogitPlusCosine => match.Match + cosine,
        RerankScore.Probability => match.Probability,
        _ => throw new UnreachableException($"Nothing re-ranks by {RerankScore}."),
    };

    // The closing [SEP] stays.
    private int[] Cut(int[] ids) => MaxTextTokens is { } most && ids.Length > most ? [.. ids[..(most - 1)], ids[^1]] : ids;

    private static int[] Begin(int[] ids, bool encoderToken, TextConfig text) => encoderToken && ids.Length > 0 ? [text.EncoderTokenId, .. ids[1..]] : ids;
}
