using System.Diagnostics;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;

namespace Blip.Runtime.Generation;

/// <summary>The effects of <see cref="Compat"/> outside the graphs, as docs/compatibility.md describes them.</summary>
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

    /// <summary>The prompt of captions without one; null for none.</summary>
    public string? CaptionPrompt { get; private init; }

    /// <summary>Whether a caption's text includes its prompt.</summary>
    public bool KeepsPrompt { get; private init; } = true;

    /// <summary>Default options of captions; null: those of the model's files.</summary>
    public GenerationOptions? Captioning { get; private init; }

    /// <summary>Options of captions if only sampling is requested; null: <see cref="GenerationOptions.DoSample"/> alone.</summary>
    public GenerationOptions? CaptionSampling { get; private init; }

    /// <summary>Default options of answers; null: those of the model's files.</summary>
    public GenerationOptions? Answering { get; private init; }

    /// <summary>Whether questions begin with [ENC] instead of [CLS].</summary>
    public bool EncoderTokenInQuestions { get; private init; }

    /// <summary>
    /// Whether a text matched with a single image begins with [ENC] instead of [CLS]. Neither implementation's demo does so. Training
    /// does, and <see cref="ForMatching"/> does on request.
    /// </summary>
    public bool EncoderTokenInMatching { get; private init; }

    /// <summary>Whether a re-ranking text begins with [ENC] instead of [CLS].</summary>
    public bool EncoderTokenInReranking { get; private init; }

    /// <summary>Most tokens of a question or matched text, [CLS] and [SEP] included; null: the model's positions.</summary>
    public int? MaxTextTokens { get; private init; }

    /// <summary>Side in pixels of images for questions; null: the size in the model's files.</summary>
    public int? QuestionImageSize { get; private init; }

    public RerankScore RerankScore { get; private init; }

    public static CompatRules Of(Compat compat) => compat switch
    {
        Compat.HuggingFace => HuggingFace,
        Compat.Original => Original,
        _ => throw new ArgumentOutOfRangeException(nameof(compat), compat, $"Give {string.Join(" or ", Enum.GetNames<Compat>())}."),
    };

    /// <summary>A question's ids as the model reads them; <paramref name="ids"/> hold [CLS] first and [SEP] last.</summary>
    public int[] Question(int[] ids, TextConfig text) => Begin(Cut(ids), EncoderTokenInQuestions, text);

    /// <summary>These rules with one call's options for its texts; null keeps a rule.</summary>
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

    /// <summary>A text to embed: always with [CLS].</summary>
    /// <inheritdoc cref="Question"/>
    public int[] VectorText(int[] ids, TextConfig text) => Begin(Cut(ids), encoderToken: false, text);

    /// <summary>A text to match with an image.</summary>
    /// <inheritdoc cref="Question"/>
    public int[] MatchText(int[] ids, TextConfig text) => Begin(Cut(ids), EncoderTokenInMatching, text);

    /// <summary>A sentence about two images: always with [ENC], as in the authors' only code for it, and never cut.</summary>
    /// <inheritdoc cref="Question"/>
    public static int[] Sentence(int[] ids, TextConfig text) => Begin(ids, encoderToken: true, text);

    /// <summary>A text for re-ranking.</summary>
    /// <inheritdoc cref="Question"/>
    public int[] RerankText(int[] ids, TextConfig text) => Begin(Cut(ids), EncoderTokenInReranking, text);

    /// <summary>The score of a re-ranked pair, higher is better.</summary>
    public double Score(MatchLogits match, double cosine) => RerankScore switch
    {
        RerankScore.LogitPlusCosine => match.Match + cosine,
        RerankScore.Probability => match.Probability,
        _ => throw new UnreachableException($"Nothing re-ranks by {RerankScore}."),
    };

    // The closing [SEP] stays.
    private int[] Cut(int[] ids) => MaxTextTokens is { } most && ids.Length > most ? [.. ids[..(most - 1)], ids[^1]] : ids;

    private static int[] Begin(int[] ids, bool encoderToken, TextConfig text) =>
        encoderToken && ids.Length > 0 ? [text.EncoderTokenId, .. ids[1..]] : ids;
}
