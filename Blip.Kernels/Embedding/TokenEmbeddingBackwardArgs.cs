using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="TokenEmbeddingBackward"/>.</summary>
public struct TokenEmbeddingBackwardArgs
{
    /// <summary>[Rows, Tokens]: the forward pass's ids.</summary>
    public ArrayView<int> Ids;

    /// <summary>[Rows]: the position of each row's first token; empty: 0.</summary>
    public ArrayView<int> Start;

    /// <summary>The embeddings' gradient [Rows, Tokens, Hidden].</summary>
    public ArrayView<float> OutputGradient;

    /// <summary>The table's gradient [Hidden, vocabulary], added to; it fills the view; empty: not wanted.</summary>
    public ArrayView<float> WordGradient;

    /// <summary>The positions' gradient [positions, Hidden], added to; as many as the view holds; empty: not wanted.</summary>
    public ArrayView<float> PositionGradient;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Tokens per row.</summary>
    public int Tokens;

    /// <summary>Elements per token.</summary>
    public int Hidden;
}
