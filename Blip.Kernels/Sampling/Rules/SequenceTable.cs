using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// Token sequences that change the score of their last token when the tokens before it have just been said. Sequences with the same last token
/// lie together, so that one work-item adds up all that concerns a token, in one order.
/// </summary>
public struct SequenceTable
{
    /// <summary>Distinct last tokens, <c>[tokens]</c>; empty where there is no sequence.</summary>
    public ArrayView<int> LastTokens;

    /// <summary>The first sequence of each last token, <c>[tokens + 1]</c>.</summary>
    public ArrayView<int> FirstSequence;

    /// <summary>Where the tokens before the last one start in <see cref="Prefixes"/>, <c>[sequences + 1]</c>.</summary>
    public ArrayView<int> PrefixStart;

    /// <summary>Tokens before the last one, of all sequences.</summary>
    public ArrayView<int> Prefixes;

    /// <summary>The addition to the score of the last token, <c>[sequences]</c>; -inf forbids it.</summary>
    public ArrayView<float> Biases;
}
