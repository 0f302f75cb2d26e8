using ILGPU;

namespace Blip.Kernels;

/// <summary>The arguments of <see cref="AttentionBackward"/>.</summary>
public struct AttentionBackwardArgs
{
    /// <summary>
    /// The forward attention. Without <see cref="AttentionArgs.Probabilities"/> weights are recomputed. The output may be empty.
    /// Keys named for each position (a cache) and values in 16 bits have no gradient.
    /// </summary>
    public AttentionArgs Forward;

    /// <summary>Gradient of the output [Rows, QueryTokens, Heads · HeadDim].</summary>
    public ArrayView<float> OutputGradient;

    /// <summary>
    /// Empty, or receives the gradient of the queries, in their layout. Other columns are not written.
    /// The three gradients may share one buffer.
    /// </summary>
    public ArrayView<float> QueryGradient;

    /// <summary>
    /// Empty, or receives the gradient of the keys in their layout, summed over the rows that read them.
    /// K/V rows without readers get 0. Tokens after a row's first KeyTokens are not written.
    /// </summary>
    public ArrayView<float> KeyGradient;

    /// <summary>The same for the values.</summary>
    public ArrayView<float> ValueGradient;

    /// <summary>
    /// Empty, or receives the gradient of the softmax weights [Rows, Heads, QueryTokens, KeyTokens]: the result's change if a query looked
    /// more at one key and no less at others. 0 for unseen keys.
    /// </summary>
    public ArrayView<float> ProbabilityGradient;
}
