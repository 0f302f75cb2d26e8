namespace Blip.Runtime.Models;

/// <summary>
/// Where the tokens of one sequence looked in its image: cross-attention probabilities, or a method's result
/// (<see cref="AttentionMethod"/>), which has one layer and one head.
/// </summary>
/// <param name="Layers">Layers of the text's tower.</param>
/// <param name="Heads">Heads of a layer.</param>
/// <param name="Tokens">Tokens of the sequence.</param>
/// <param name="ImageTokens">Image tokens, the class token first.</param>
/// <param name="Probabilities"><c>[layers, heads, tokens, image tokens]</c>, each row of probabilities sums to 1.</param>
internal sealed record CrossAttention(int Layers, int Heads, int Tokens, int ImageTokens, float[] Probabilities);

/// <summary>How the places that a word looked at are found; docs/looking.md says what each is good for.</summary>
public enum AttentionMethod
{
    /// <summary>The cross-attention's softmax weights, mean of all layers and heads: where the model looked.</summary>
    CrossAttention,

    /// <summary>
    /// One layer's weights, each times its positive gradient of the match logit, mean of the heads: where looking made it a match
    /// (Selvaraju et al. 2017, as LAVIS's <c>compute_gradcam</c> has it). For matches alone.
    /// </summary>
    GradCam,

    /// <summary>
    /// Attention rollout (Abnar and Zuidema 2020): weights multiplied through all layers of the text's and the image's tower, each of which keeps
    /// half of its input: which patches of the image itself reached the word.
    /// </summary>
    Rollout,
}
