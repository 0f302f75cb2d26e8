using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>What is wanted of a matcher's call.</summary>
public sealed record MatchOptions
{
    /// <summary>
    /// True for the second look at the best of a search: with <see cref="Models.Compat.Original"/> the texts then begin with [ENC], as in the
    /// authors' retrieval, and not with [CLS], as in their demo of single pairs. It changes nothing otherwise.
    /// </summary>
    public bool Reranking { get; init; }

    /// <summary>Also tell where the model looked for each word of each text (<see cref="Match.Attention"/>); it costs another pass over each pair.</summary>
    public bool Attention { get; init; }

    /// <summary>How that is found; a rollout needs the picture itself, not what is kept of it.</summary>
    public AttentionMethod AttentionMethod { get; init; }

    /// <summary>With <see cref="AttentionMethod.GradCam"/>, the layer of the text encoder, from 0; null for the one behind the middle.</summary>
    public int? AttentionLayer { get; init; }
}
