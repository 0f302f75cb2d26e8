using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// Token sequences that change their last token's score when the tokens before it have just been generated. Sequences are grouped by last
/// token, so that one work-item adds a token's biases in a fixed order.
/// </summary>
public struct SequenceTable
{
    /// <summary>Distinct last tokens <c>[tokens]</c>; empty without sequences.</summary>
    public ArrayView<int> LastTokens;

    /// <summary>Each last token's first sequence <c>[tokens + 1]</c>.</summary>
    public ArrayView<int> FirstSequence;

    /// <summary>Each sequence's start in <see cref="Prefixes"/> <c>[sequences + 1]</c>.</summary>
    public ArrayView<int> PrefixStart;

    /// <summary>All sequences' tokens before the last.</summary>
    public ArrayView<int> Prefixes;

    /// <summary>Added to the last token's score <c>[sequences]</c>; -inf forbids it.</summary>
    public ArrayView<float> Biases;
}
