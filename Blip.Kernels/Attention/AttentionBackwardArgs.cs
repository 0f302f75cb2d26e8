using ILGPU;

namespace Blip.Kernels;

/// <summary>The arguments of <see cref="AttentionBackward"/>.</summary>
public struct AttentionBackwardArgs
{
    /// <summary>
    /// The attention as it ran. Where <see cref="AttentionArgs.Probabilities"/> is empty, weights are computed again.
    /// The output is not read and may be empty. Keys from a cache, named for each position, have no gradient. Values in 16 bits have none, either.
    /// </summary>
    public AttentionArgs Forward;

    /// <summary>The gradient of the output [Rows, QueryTokens, Heads · HeadDim].</summary>
    public ArrayView<float> OutputGradient;

    /// <summary>
    /// Empty, or receives the gradient of the queries, laid out as they are: stride, offset. Other columns are left as they are.
    /// The three gradients may lie in one buffer, as the three inputs may.
    /// </summary>
    public ArrayView<float> QueryGradient;

    /// <summary>
    /// Empty, or receives the gradient of the keys, laid out as they are, summed over the rows that read them.
    /// A K/V row that none reads gets 0. The part behind the first KeyTokens of a K/V row is left as it is.
    /// </summary>
    public ArrayView<float> KeyGradient;

    /// <summary>The same for the values.</summary>
    public ArrayView<float> ValueGradient;

    /// <summary>
    /// Empty, or receives the gradient of the softmax weights [Rows, Heads, QueryTokens, KeyTokens]: how much the result would change
    /// if a query looked more at one key and at no other less; 0 where a key is not seen.
    /// </summary>
    public ArrayView<float> ProbabilityGradient;
}
