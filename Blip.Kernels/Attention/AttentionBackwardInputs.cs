using ILGPU;

namespace Blip.Kernels;

/// <summary>Inputs of the portable kernels. Absent views are empty; <c>statistics</c> holds three numbers per query.</summary>
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

    public static long Bytes(int queries) => (long)queries * PerQuery * sizeof(float);

    /// <summary>The query of a group in a grid [Rows, Heads, QueryTokens].</summary>
    public AttentionQuery OfGroup(int group) => new()
    {
        Token = group % shape.QueryTokens,
        InHead = group / shape.QueryTokens % shape.Heads * shape.HeadDim,
        Row = group / shape.QueryTokens / shape.Heads,
        Index = group,
    };

    public AttentionQuery Of(int row, int inHead, int token) => new()
    {
        Token = token,
        InHead = inHead,
        Row = row,
        Index = (((row * shape.Heads) + (inHead / shape.HeadDim)) * shape.QueryTokens) + token,
    };

    public int Visible(AttentionQuery of) => AttentionPortable.Visible(start, shape, of.Row, of.Token);

    public long KeyToken(int row, int j) => AttentionPortable.Token(keyRow, shape, row, j);

    /// <summary>Index of a head's first element.</summary>
    public long QueryAt(AttentionQuery of) =>
        ((((long)of.Row * shape.QueryTokens) + of.Token) * shape.QueryStride) + shape.QueryOffset + of.InHead;

    /// <inheritdoc cref="QueryAt"/>
    public long OutputAt(AttentionQuery of) => ((((long)of.Row * shape.QueryTokens) + of.Token) * shape.Heads * shape.HeadDim) + of.InHead;

    /// <inheritdoc cref="QueryAt"/>
    public long KeyAt(long token, int inHead) => (token * shape.KeyStride) + shape.KeyOffset + inHead;

    /// <inheritdoc cref="QueryAt"/>
    public long ValueAt(long token, int inHead) => (token * shape.ValueStride) + shape.ValueOffset + inHead;

    public float Query(long at) => query[at];

    public float Key(long at) => key[at];

    public float OutputGradient(long at) => outputGradient[at];

    /// <summary>Stores the numbers that all weights of a query need.</summary>
    public void Leave(AttentionQuery of, float largest, float total, float mean)
    {
        var at = (long)of.Index * PerQuery;
        statistics[at] = largest;
        statistics[at + 1] = total;
        statistics[at + 2] = mean;
    }

    /// <summary>The score of a visible key, or its weight where weights are stored.</summary>
    public float Score(AttentionQuery of, int j)
    {
        if (probabilities.Length > 0)
            return probabilities[((long)of.Index * shape.KeyTokens) + j];
        if (IsPadding(of, j))
            return float.MinValue;
        return Dot(query, QueryAt(of), key, KeyAt(KeyToken(of.Row, j), of.InHead)) * shape.Scale;
    }

    /// <summary>Gradient of a key's weight; 0 for a dropped weight.</summary>
    public float WeightGradient(AttentionQuery of, int j) =>
        Kept(of, j, Dot(outputGradient, OutputAt(of), value, ValueAt(KeyToken(of.Row, j), of.InHead)));

    public float Kept(AttentionQuery of, int j, float number) =>
        shape.DropLimit == 0 ? number : WeightDropout.Apply(number, shape, ((long)of.Index * shape.KeyTokens) + j);

    public float Weight(AttentionQuery of, int j)
    {
        var at = (long)of.Index * PerQuery;
        var score = Score(of, j);
        return probabilities.Length > 0 ? score : Maths.Exp(score - statistics[at]) / statistics[at + 1];
    }

    /// <summary>Padding's score is a constant.</summary>
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

internal struct AttentionQuery
{
    /// <summary>Row, token in the row, head's offset in a token, and index in [Rows, Heads, QueryTokens].</summary>
    public int Row, Token, InHead, Index;
}
