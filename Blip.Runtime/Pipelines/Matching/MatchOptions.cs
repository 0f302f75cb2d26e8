using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>The options of a matcher's call.</summary>
public sealed record MatchOptions
{
    /// <summary>
    /// True for the second look at the best of a search: with <see cref="Models.Compat.Original"/> the texts then begin with [ENC], as in the
    /// authors' retrieval, and not with [CLS], as in their demo of single pairs. It changes nothing otherwise.
    /// </summary>
    public bool Reranking { get; init; }

    /// <summary>
    /// The token at position 0 of each text, where the matching head reads. True puts [ENC] there, as training and the authors'
    /// train_retrieval.py do. False keeps [CLS], as their demo does. Null leaves it to <see cref="Models.Compat"/> and
    /// <see cref="Reranking"/>. The text of <see cref="Match.Cosine"/> always begins with [CLS].
    /// </summary>
    public bool? EncoderToken { get; init; }

    /// <summary>
    /// Most tokens of a text, [CLS] and [SEP] counted, at least 2. A longer text is cut and its closing [SEP] stays; the text of
    /// <see cref="Match.Cosine"/> is cut, too. The authors' code uses 35. Null leaves it to <see cref="Models.Compat"/>.
    /// </summary>
    public int? MaxTextTokens { get; init; }

    /// <summary>Also tell where the model looked for each word of each text (<see cref="Match.Attention"/>); it costs another pass over each pair.</summary>
    public bool Attention { get; init; }

    /// <summary>The method; a rollout needs the image itself, not its kept states.</summary>
    public AttentionMethod AttentionMethod { get; init; }

    /// <summary>With <see cref="AttentionMethod.GradCam"/>, the layer of the text encoder, from 0; null for the one behind the middle.</summary>
    public int? AttentionLayer { get; init; }
}

/// <summary>How a matcher is set up.</summary>
public sealed record MatcherOptions : ImageCachingOptions;
