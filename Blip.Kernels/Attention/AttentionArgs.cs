using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// One softmax attention. Queries, keys and values may share one packed buffer (a fused qkv projection): element d of head h
/// of a token is at <c>token · Stride + Offset + h · HeadDim + d</c>.
/// </summary>
public struct AttentionArgs
{
    /// <summary>Rows: images or sequences (times beams).</summary>
    public int Rows;

    /// <summary>Queries per row.</summary>
    public int QueryTokens;

    /// <summary>Heads.</summary>
    public int Heads;

    /// <summary>Elements per head, 1 to <see cref="Attention.MaxHeadDim"/>.</summary>
    public int HeadDim;

    /// <summary>The factor of scores, usually 1/√HeadDim.</summary>
    public float Scale;

    /// <summary>
    /// Half precision or bfloat16: queries, keys, values and softmax weights are rounded to it before products where a device is faster so.
    /// Sums stay in single precision. Other formats: no rounding.
    /// </summary>
    public DType Precision;

    /// <summary>
    /// Storage of queries, keys and values: single precision, or <see cref="Precision"/> (two to each float) where
    /// <see cref="Attention.InputFormat"/> gives this format.
    /// </summary>
    public DType InputFormat;

    /// <summary>Storage of <see cref="Output"/>; 16-bit elements are rounded (<see cref="Attention.CanStore"/>).</summary>
    public DType OutputFormat;

    /// <summary>Queries; token t of row r is token <c>r · QueryTokens + t</c>.</summary>
    public ArrayView<float> Query;

    /// <summary>Elements between query tokens.</summary>
    public int QueryStride;

    /// <summary>Offset of the queries in a token.</summary>
    public int QueryOffset;

    /// <summary>Keys; key j of K/V row k is token <c>k · KeyCapacity + j</c>.</summary>
    public ArrayView<float> Key;

    /// <summary>Elements between key tokens.</summary>
    public int KeyStride;

    /// <summary>Offset of the keys in a token.</summary>
    public int KeyOffset;

    /// <summary>Values, in the order of the keys.</summary>
    public ArrayView<float> Value;

    /// <summary>Elements between value tokens.</summary>
    public int ValueStride;

    /// <summary>Offset of the values in a token.</summary>
    public int ValueOffset;

    /// <summary>Keys per row: all are visible, or fewer if <see cref="Causal"/>.</summary>
    public int KeyTokens;

    /// <summary>Tokens between K/V rows, at least <see cref="KeyTokens"/>.</summary>
    public int KeyCapacity;

    /// <summary>
    /// The K/V row that a row reads. Empty: its own. [Rows]: one for all keys (beams share an image).
    /// [Rows, KeyCapacity]: one per position (the cache row of a beam's position j).
    /// </summary>
    public ArrayView<int> KeyRow;

    /// <summary>Query t of row r sees only the keys 0 to <c>Start[r] + t</c>.</summary>
    public bool Causal;

    /// <summary>[Rows]: position of a row's first query for <see cref="Causal"/>, not negative; empty: 0.</summary>
    public ArrayView<int> Start;

    /// <summary>
    /// Empty, or [Rows, KeyTokens]: 0 marks padding, whose score becomes <see cref="float.MinValue"/>.
    /// A row of padding alone gives the mean of its values.
    /// </summary>
    public ArrayView<int> Mask;

    /// <summary>[Rows, QueryTokens, Heads · HeadDim]; not one of the inputs.</summary>
    public ArrayView<float> Output;

    /// <summary>
    /// Empty, or [Rows, Heads, QueryTokens, KeyTokens]: receives the softmax weights before <see cref="Dropout"/>, 0 for unseen keys.
    /// </summary>
    public ArrayView<float> Probabilities;

    /// <summary>
    /// Share of softmax weights set to zero, from 0 to below 1. The others grow by 1 / (1 - share) (BERT's
    /// <c>attention_probs_dropout_prob</c>). Seed, stream and place in [Rows, Heads, QueryTokens, KeyTokens] alone decide which.
    /// </summary>
    public float Dropout;

    /// <summary>Seed of <see cref="Dropout"/>.</summary>
    public ulong DropoutSeed;

    /// <summary>Separates these draws from a step's others.</summary>
    public int DropoutStream;
}
