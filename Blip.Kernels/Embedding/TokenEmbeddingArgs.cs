using ILGPU;

namespace Blip.Kernels;

/// <summary>What <see cref="TokenEmbedding"/> looks up.</summary>
public struct TokenEmbeddingArgs
{
    /// <summary>[Rows, Tokens]: ids below <see cref="Vocabulary"/>.</summary>
    public ArrayView<int> Ids;

    /// <summary>
    /// The word vectors in the panels of a packed GEMM weight, so that a matrix tied to the output layer is kept once:
    /// element c of word n lies at <c>((n / 64) · Hidden + c) · 64 + n % 64</c>.
    /// </summary>
    public ArrayView<float> Table;

    /// <summary>[positions, Hidden].</summary>
    public ArrayView<float> Positions;

    /// <summary>[Rows]: the position of each row's first token; empty: 0.</summary>
    public ArrayView<int> Start;

    /// <summary>[Rows, Tokens, Hidden].</summary>
    public ArrayView<float> Output;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Tokens per row.</summary>
    public int Tokens;

    /// <summary>Words of the table.</summary>
    public int Vocabulary;

    /// <summary>Elements per token.</summary>
    public int Hidden;
}
