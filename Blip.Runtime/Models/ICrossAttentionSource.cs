namespace Blip.Runtime.Models;

/// <summary>A decoder that can tell where in the image each token looked.</summary>
internal interface ICrossAttentionSource
{
    /// <summary>Runs a whole sequence over one image of the present batch and returns what its cross-attention saw.</summary>
    /// <param name="image">Index in the batch.</param>
    /// <param name="tokens">The sequence from its start token.</param>
    CrossAttention CrossAttention(int image, ReadOnlySpan<int> tokens);
}
