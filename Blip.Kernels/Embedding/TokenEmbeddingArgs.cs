using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="TokenEmbedding"/>.</summary>
public struct TokenEmbeddingArgs
{
    /// <summary>[Rows, Tokens]: ids below the table's <see cref="PackedWeights.OutFeatures"/>.</summary>
    public ArrayView<int> Ids;

    /// <summary>The embeddings [vocabulary, hidden], packed, so that a matrix tied to the output layer exists once.</summary>
    public PackedWeights Table;

    /// <summary>[positions, hidden].</summary>
    public ArrayView<float> Positions;

    /// <summary>[Rows]: the position of each row's first token; empty: 0.</summary>
    public ArrayView<int> Start;

    /// <summary>[Rows, Tokens, hidden].</summary>
    public ArrayView<float> Output;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Tokens per row.</summary>
    public int Tokens;
}
