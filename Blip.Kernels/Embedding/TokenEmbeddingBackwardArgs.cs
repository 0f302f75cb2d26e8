using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="TokenEmbeddingBackward"/>.</summary>
public struct TokenEmbeddingBackwardArgs
{
    /// <summary>[Rows, Tokens]: the ids that were looked up.</summary>
    public ArrayView<int> Ids;

    /// <summary>[Rows]: the position of each row's first token; empty: 0.</summary>
    public ArrayView<int> Start;

    /// <summary>The gradient of the embeddings, [Rows, Tokens, Hidden].</summary>
    public ArrayView<float> OutputGradient;

    /// <summary>The gradient of the word vectors, [Hidden, vocabulary], which the view fills, added to; empty: not wanted.</summary>
    public ArrayView<float> WordGradient;

    /// <summary>The gradient of the positions, [positions, Hidden], as many as the view holds, added to; empty: not wanted.</summary>
    public ArrayView<float> PositionGradient;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Tokens per row.</summary>
    public int Tokens;

    /// <summary>Elements per token.</summary>
    public int Hidden;
}
