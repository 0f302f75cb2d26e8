using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>The options of a matcher's call.</summary>
public sealed record MatchOptions
{
    /// <summary>
    /// For reranking a search: with <see cref="Models.Compat.Original"/> texts then begin with [ENC], as in the authors' retrieval, not
    /// with [CLS], as in their demo.
    /// </summary>
    public bool Reranking { get; init; }

    /// <summary>
    /// The token at position 0 of each text, where the matching head reads. True is [ENC], as in training and the authors'
    /// train_retrieval.py; false is [CLS], as in their demo. Null follows <see cref="Models.Compat"/> and <see cref="Reranking"/>. The text
    /// of <see cref="Match.Cosine"/> always begins with [CLS].
    /// </summary>
    public bool? EncoderToken { get; init; }

    /// <summary>
    /// Most tokens of a text, with [CLS] and [SEP]; at least 2. A longer text is cut before its [SEP], also for <see cref="Match.Cosine"/>.
    /// The authors' code uses 35. Null follows <see cref="Models.Compat"/>.
    /// </summary>
    public int? MaxTextTokens { get; init; }

    /// <summary>
    /// Also returns where the model looked for each word of each text (<see cref="Match.Attention"/>), for another pass over each pair.
    /// </summary>
    public bool Attention { get; init; }

    /// <summary>The method; a rollout needs the image itself, not its kept states.</summary>
    public AttentionMethod AttentionMethod { get; init; }

    /// <summary>The text encoder's layer for <see cref="AttentionMethod.GradCam"/>, from 0; null for the one behind the middle.</summary>
    public int? AttentionLayer { get; init; }
}

/// <summary>How a matcher is set up.</summary>
public sealed record MatcherOptions : ImageCachingOptions;
