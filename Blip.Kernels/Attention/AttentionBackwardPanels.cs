namespace Blip.Kernels;

/// <summary>
/// A task's memory: keys and values of one head, sums of their gradients, and a tile of queries.
/// Tokens lie side by side, since rows far apart in memory share few cache sets.
/// </summary>
internal readonly unsafe struct AttentionBackwardPanels
{
    /// <summary>Queries, a multiple of the micro-kernel's rows.</summary>
    public const int Tile = 8 * PanelProduct.Rows;

    private const int KeyBlock = 64, Line = 64 / sizeof(float);

    private readonly int keyTokens, headDim, columns;

    public AttentionBackwardPanels(byte* memory, in AttentionShape shape, int columns)
    {
        (keyTokens, headDim, this.columns) = (shape.KeyTokens, shape.HeadDim, columns);
        var tokens = Blocks(shape) * KeyBlock;
        Stride = tokens + Line;
        Keys = (float*)(((long)memory + 63) & ~63L);
        Values = Keys + ((long)tokens * headDim);
        KeyRows = Values + ((long)tokens * headDim);
        KeySums = KeyRows + ((long)tokens * columns);
        ValueSums = KeySums + ((long)tokens * columns);
        Weights = ValueSums + ((long)tokens * columns);
        Scores = Weights + (Tile * Stride);
        Queries = Scores + (Tile * Stride);
        OutputGradients = Queries + (Tile * columns);
        QuerySums = OutputGradients + (Tile * columns);
    }

    /// <summary>Keys and values in blocks of 64 tokens, each [HeadDim, 64].</summary>
    public float* Keys { get; }

    /// <inheritdoc cref="Keys"/>
    public float* Values { get; }

    /// <summary>Gradient sums of keys and values [KeyTokens, columns].</summary>
    public float* KeySums { get; }

    /// <inheritdoc cref="KeySums"/>
    public float* ValueSums { get; }

    /// <summary>The tile's softmax weights, and the gradients of weights or scores [Tile, Stride].</summary>
    public float* Weights { get; }

    /// <inheritdoc cref="Weights"/>
    public float* Scores { get; }

    /// <summary>The tile's scaled queries, output gradients and query gradient sums [Tile, columns].</summary>
    public float* Queries { get; }

    /// <inheritdoc cref="Queries"/>
    public float* OutputGradients { get; }

    /// <inheritdoc cref="Queries"/>
    public float* QuerySums { get; }

    public int Stride { get; }

    // Unpacked keys [KeyTokens, columns].
    private float* KeyRows { get; }

    /// <summary>For any vector width.</summary>
    public static long Bytes(in AttentionShape shape)
    {
        var (tokens, columns) = (Blocks(shape) * (long)KeyBlock, PanelProduct.RoundUp<Floats512>(shape.HeadDim));
        return sizeof(float) * ((tokens * ((2 * shape.HeadDim) + (3 * columns))) + (Tile * ((2 * (tokens + Line)) + (3 * columns))) + Line);
    }

    /// <summary>Also clears the gradient sums.</summary>
    public void PackKeys(float* keys, int keyStride, float* values, int valueStride)
    {
        for (var block = 0; block < keyTokens; block += KeyBlock)
        {
            var length = Math.Min(keyTokens - block, KeyBlock);
            Turn(keys + ((long)block * keyStride), keyStride, length, Keys + ((long)block * headDim));
            Turn(values + ((long)block * valueStride), valueStride, length, Values + ((long)block * headDim));
        }
        PackRows(keys, keyStride, keyTokens, 1, KeyRows);
        var length2 = keyTokens * columns;
        new Span<float>(KeySums, length2).Clear();
        new Span<float>(ValueSums, length2).Clear();
    }

    /// <summary>Copies tokens times a factor; columns behind a head are 0.</summary>
    public void PackRows(float* from, int stride, int count, float factor, float* to)
    {
        for (var i = 0; i < count; i++, from += stride, to += columns)
        {
            for (var d = 0; d < headDim; d++)
                to[d] = from[d] * factor;
            new Span<float>(to + headDim, columns - headDim).Clear();
        }
    }

    public void Unpack(float* from, int count, float* to, int stride, float factor)
    {
        for (var i = 0; i < count; i++, from += columns, to += stride)
        {
            for (var d = 0; d < headDim; d++)
                to[d] = from[d] * factor;
        }
    }

    /// <summary>Writes to <see cref="Weights"/> or <see cref="Scores"/>.</summary>
    public void MultiplyKeys<TVector>(float* tile, int count, float* panel, int visible, float* to)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var block = 0; block < visible; block += KeyBlock)
        {
            var width = PanelProduct.RoundUp<TVector>(Math.Min(visible - block, KeyBlock));
            PanelProduct.Run<TVector>(
                tile, columns, count, panel + ((long)block * headDim), KeyBlock, to + block, Stride, headDim, width, add: false);
        }
    }

    /// <summary>Sums keys, weighted by score gradients, into <see cref="QuerySums"/>.</summary>
    public void SumOverKeys<TVector>(int count, int visible)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var block = 0; block < visible; block += KeyBlock)
        {
            PanelProduct.Run<TVector>(
                Scores + block, Stride, count, KeyRows + ((long)block * columns), columns, QuerySums, columns,
                Math.Min(visible - block, KeyBlock), columns, add: block > 0);
        }
    }

    /// <summary>Adds the tile's weighted rows to the sums of keys or values.</summary>
    public void AddToKeys<TVector>(float* weights, float* tile, int count, int visible, float* sums)
        where TVector : unmanaged, IVector<TVector> =>
        PanelProduct.AddTurned<TVector>(weights, Stride, visible, tile, columns, sums, columns, count, columns);

    private static int Blocks(in AttentionShape shape) => (shape.KeyTokens + KeyBlock - 1) / KeyBlock;

    private void Turn(float* from, int stride, int length, float* panel)
    {
        for (var j = 0; j < length; j += 4)
        {
            // Panel columns behind the last token repeat it.
            var (j1, j2, j3) = (Math.Min(j + 1, length - 1), Math.Min(j + 2, length - 1), Math.Min(j + 3, length - 1));
            float* x0 = from + ((long)j * stride), x1 = from + ((long)j1 * stride);
            float* x2 = from + ((long)j2 * stride), x3 = from + ((long)j3 * stride);
            PanelProduct.Transpose(x0, x1, x2, x3, headDim, panel + j, KeyBlock);
        }
    }
}
