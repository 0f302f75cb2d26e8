using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// One softmax attention. Queries, keys and values may lie in one packed buffer (a fused qkv projection): the element d of head h
/// of a token starts at <c>token · Stride + Offset + h · HeadDim + d</c>.
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
    /// The format that queries, keys, values and softmax weights may be rounded to before they are multiplied, with sums in single precision, where a device
    /// is faster so: half precision or bfloat16. Any other format: nothing is rounded.
    /// </summary>
    public DType Precision;

    /// <summary>
    /// How queries, keys and values are stored: in single precision, or in <see cref="Precision"/>, two to each float of the views, where
    /// <see cref="Attention.InputFormat"/> gives this format.
    /// </summary>
    public DType InputFormat;

    /// <summary>The same for <see cref="Output"/>: in 16 bits its elements are rounded; see <see cref="Attention.CanStore"/>.</summary>
    public DType OutputFormat;

    /// <summary>Queries; token t of row r is token <c>r · QueryTokens + t</c>.</summary>
    public ArrayView<float> Query;

    /// <summary>Elements from one query token to the next.</summary>
    public int QueryStride;

    /// <summary>Where in a token the queries begin.</summary>
    public int QueryOffset;

    /// <summary>Keys; key j of K/V row k is token <c>k · KeyCapacity + j</c>.</summary>
    public ArrayView<float> Key;

    /// <summary>Elements from one key token to the next.</summary>
    public int KeyStride;

    /// <summary>Where in a token the keys begin.</summary>
    public int KeyOffset;

    /// <summary>Values, in the order of the keys.</summary>
    public ArrayView<float> Value;

    /// <summary>Elements from one value token to the next.</summary>
    public int ValueStride;

    /// <summary>Where in a token the values begin.</summary>
    public int ValueOffset;

    /// <summary>Keys per row: all are seen, or, where <see cref="Causal"/>, at most these.</summary>
    public int KeyTokens;

    /// <summary>Tokens from one K/V row to the next; at least <see cref="KeyTokens"/>.</summary>
    public int KeyCapacity;

    /// <summary>
    /// Which K/V row a row reads. Empty: its own. [Rows]: one for all keys (beams share an image).
    /// [Rows, KeyCapacity]: one per position (which cache row holds position j of a beam).
    /// </summary>
    public ArrayView<int> KeyRow;

    /// <summary>Query t of row r sees the keys 0 to <c>Start[r] + t</c> only.</summary>
    public bool Causal;

    /// <summary>[Rows]: position of a row's first query, not negative, for <see cref="Causal"/>; empty: 0.</summary>
    public ArrayView<int> Start;

    /// <summary>
    /// Empty, or [Rows, KeyTokens]: 0 marks padding, whose score becomes <see cref="float.MinValue"/>: weight 0 beside any real key,
    /// while a row of padding alone gives the mean of its values.
    /// </summary>
    public ArrayView<int> Mask;

    /// <summary>[Rows, QueryTokens, Heads · HeadDim]; not one of the inputs.</summary>
    public ArrayView<float> Output;

    /// <summary>
    /// Empty, or [Rows, Heads, QueryTokens, KeyTokens]: receives the softmax weights, 0 where a key is not seen. They are those before
    /// <see cref="Dropout"/>.
    /// </summary>
    public ArrayView<float> Probabilities;

    /// <summary>
    /// The share of softmax weights that become zero before they are multiplied with values, from 0 to below 1; the others grow by
    /// 1 / (1 - share) (BERT's <c>attention_probs_dropout_prob</c>). Which do follows from seed, stream and place in
    /// [Rows, Heads, QueryTokens, KeyTokens] alone.
    /// </summary>
    public float Dropout;

    /// <summary>The step's seed, for <see cref="Dropout"/>.</summary>
    public ulong DropoutSeed;

    /// <summary>Sets these draws apart from those of other places in a step.</summary>
    public int DropoutStream;
}
