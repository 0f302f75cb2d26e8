using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// The inputs of the portable kernels: views that are absent are empty, and <c>statistics</c> holds three numbers for each query.
/// </summary>
internal readonly struct AttentionBackwardInputs(
    ArrayView<float> query, ArrayView<float> key, ArrayView<float> value, ArrayView<float> probabilities, ArrayView<int> keyRow,
    ArrayView<int> start, ArrayView<int> mask, ArrayView<float> outputGradient, ArrayView<float> statistics, AttentionShape shape)
{
    private const int PerQuery = 3;

    public int QueryTokens => shape.QueryTokens;

    public int KeyTokens => shape.KeyTokens;

    public int HeadDim => shape.HeadDim;

    public float Scale => shape.Scale;

    public bool IsStored => probabilities.Length > 0;

    /// <summary>Memory for the statistics.</summary>
    public static long Bytes(int queries) => (long)queries * PerQuery * sizeof(float);

    /// <summary>The query that a group of a grid [Rows, Heads, QueryTokens] works for.</summary>
    public AttentionQuery OfGroup(int group) => new()
    {
        Token = group % shape.QueryTokens,
        InHead = group / shape.QueryTokens % shape.Heads * shape.HeadDim,
        Row = group / shape.QueryTokens / shape.Heads,
        Index = group,
    };

    /// <summary>A query of a head whose elements begin at <paramref name="inHead"/>.</summary>
    public AttentionQuery Of(int row, int inHead, int token) => new()
    {
        Token = token,
        InHead = inHead,
        Row = row,
        Index = (((row * shape.Heads) + (inHead / shape.HeadDim)) * shape.QueryTokens) + token,
    };

    /// <summary>Keys that a query sees.</summary>
    public int Visible(AttentionQuery of) => AttentionPortable.Visible(start, shape, of.Row, of.Token);

    /// <summary>The token of a row's key j.</summary>
    public long KeyToken(int row, int j) => AttentionPortable.Token(keyRow, shape, row, j);

    /// <summary>Where the elements of a head begin.</summary>
    public long QueryAt(AttentionQuery of) =>
        ((((long)of.Row * shape.QueryTokens) + of.Token) * shape.QueryStride) + shape.QueryOffset + of.InHead;

    /// <inheritdoc cref="QueryAt"/>
    public long OutputAt(AttentionQuery of) => ((((long)of.Row * shape.QueryTokens) + of.Token) * shape.Heads * shape.HeadDim) + of.InHead;

    /// <inheritdoc cref="QueryAt"/>
    public long KeyAt(long token, int inHead) => (token * shape.KeyStride) + shape.KeyOffset + inHead;

    /// <inheritdoc cref="QueryAt"/>
    public long ValueAt(long token, int inHead) => (token * shape.ValueStride) + shape.ValueOffset + inHead;

    /// <summary>An element of the queries, keys, or gradients of the output.</summary>
    public float Query(long at) => query[at];

    /// <inheritdoc cref="Query"/>
    public float Key(long at) => key[at];

    /// <inheritdoc cref="Query"/>
    public float OutputGradient(long at) => outputGradient[at];

    /// <summary>Keeps the numbers that all weights of a query need.</summary>
    public void Leave(AttentionQuery of, float largest, float total, float mean)
    {
        var at = (long)of.Index * PerQuery;
        statistics[at] = largest;
        statistics[at + 1] = total;
        statistics[at + 2] = mean;
    }

    /// <summary>The score of a key that is seen, or its weight where weights are stored.</summary>
    public float Score(AttentionQuery of, int j)
    {
        if (probabilities.Length > 0)
            return probabilities[((long)of.Index * shape.KeyTokens) + j];
        if (IsPadding(of, j))
            return float.MinValue;
        return Dot(query, QueryAt(of), key, KeyAt(KeyToken(of.Row, j), of.InHead)) * shape.Scale;
    }

    /// <summary>The gradient of the weight that a query gives a key: a dropped weight has none.</summary>
    public float WeightGradient(AttentionQuery of, int j) =>
        Kept(of, j, Dot(outputGradient, OutputAt(of), value, ValueAt(KeyToken(of.Row, j), of.InHead)));

    /// <summary>Dropout's result for a number that belongs to a weight.</summary>
    public float Kept(AttentionQuery of, int j, float number) =>
        shape.DropLimit == 0 ? number : WeightDropout.Apply(number, shape, ((long)of.Index * shape.KeyTokens) + j);

    /// <summary>The weight, from the numbers that were kept.</summary>
    public float Weight(AttentionQuery of, int j)
    {
        var at = (long)of.Index * PerQuery;
        var score = Score(of, j);
        return probabilities.Length > 0 ? score : Maths.Exp(score - statistics[at]) / statistics[at + 1];
    }

    /// <summary>The gradient of the score; padding's score is a constant.</summary>
    public float ScoreGradient(AttentionQuery of, int j, float weight) =>
        IsPadding(of, j) ? 0f : weight * (WeightGradient(of, j) - statistics[((long)of.Index * PerQuery) + 2]);

    private bool IsPadding(AttentionQuery of, int j) => mask.Length > 0 && mask[((long)of.Row * shape.KeyTokens) + j] == 0;

    private float Dot(ArrayView<float> a, long aAt, ArrayView<float> b, long bAt)
    {
        var product = 0f;
        for (var d = 0; d < shape.HeadDim; d++)
            product += a[aAt + d] * b[bAt + d];
        return product;
    }
}

/// <summary>One query of one head.</summary>
internal struct AttentionQuery
{
    /// <summary>The query's row, its token there, where its head begins in a token, and its number in [Rows, Heads, QueryTokens].</summary>
    public int Row, Token, InHead, Index;
}
