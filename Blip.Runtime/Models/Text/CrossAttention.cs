namespace Blip.Runtime.Models;

/// <summary>
/// Where a sequence's tokens looked in its image: cross-attention probabilities, or a method's result (<see cref="AttentionMethod"/>) with
/// one layer and one head.
/// </summary>
/// <param name="Layers">Of the text tower.</param>
/// <param name="Heads">Of a layer.</param>
/// <param name="Tokens">Of the sequence.</param>
/// <param name="ImageTokens">Class token first.</param>
/// <param name="Probabilities"><c>[layers, heads, tokens, image tokens]</c>; each row sums to 1.</param>
internal sealed record CrossAttention(int Layers, int Heads, int Tokens, int ImageTokens, float[] Probabilities);

/// <summary>How to find where a token looked; docs/looking.md compares the methods.</summary>
public enum AttentionMethod
{
    /// <summary>The cross-attention's softmax weights, mean over layers and heads: where the model looked.</summary>
    CrossAttention,

    /// <summary>
    /// One layer's weights times their positive gradients of the match logit, mean over heads: where looking made it a match (Selvaraju et
    /// al. 2017, as in LAVIS's <c>compute_gradcam</c>). Only for matches.
    /// </summary>
    GradCam,

    /// <summary>
    /// Attention rollout (Abnar and Zuidema 2020): weights multiplied through all layers of the text and image towers, where each layer
    /// keeps half of its input. It shows which patches reached the token.
    /// </summary>
    Rollout,
}
