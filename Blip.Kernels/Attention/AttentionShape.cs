namespace Blip.Kernels;

/// <summary>Sizes of one launch.</summary>
internal struct AttentionShape
{
    /// <summary>Values of <see cref="KeyRows"/>: K/V rows are the rows, are named per row, or per position.</summary>
    public const int Own = 0, PerRow = 1, PerPosition = 2;

    public int QueryTokens, Heads, HeadDim, KeyTokens, KeyCapacity, KeyRows, KeyRowCount, Causal;

    /// <summary>Not 0: outputs are rounded and stored in 16 bits.</summary>
    public int Rounds;
    public int QueryStride, QueryOffset, KeyStride, KeyOffset, ValueStride, ValueOffset;
    public float Scale;

    /// <summary>Draws below this limit are dropped (0: none); kept weights are multiplied by the factor.</summary>
    public uint DropLimit;
    public float KeepFactor;
    public int DropStream;

    // Two halves: fields of at most four bytes leave no gaps in the structure.
    public uint DropSeedLow, DropSeedHigh;

    public readonly ulong DropSeed => ((ulong)DropSeedHigh << 32) | DropSeedLow;

    public static AttentionShape Of(in AttentionArgs args) => new()
    {
        QueryTokens = args.QueryTokens,
        Heads = args.Heads,
        HeadDim = args.HeadDim,
        KeyTokens = args.KeyTokens,
        KeyCapacity = args.KeyCapacity,
        // With a capacity of one token both namings are equal.
        KeyRows = args.KeyRow.Length == 0 ? Own : args.KeyRow.Length == args.Rows ? PerRow : PerPosition,
        KeyRowCount = Count(args),
        Causal = args.Causal ? 1 : 0,
        Rounds = args.OutputFormat.Is16Bits() ? 1 : 0,
        QueryStride = args.QueryStride,
        QueryOffset = args.QueryOffset,
        KeyStride = args.KeyStride,
        KeyOffset = args.KeyOffset,
        ValueStride = args.ValueStride,
        ValueOffset = args.ValueOffset,
        Scale = args.Scale,
        DropLimit = Kernels.Dropout.Limit(args.Dropout),
        KeepFactor = Kernels.Dropout.Factor(args.Dropout),
        DropSeedLow = (uint)args.DropoutSeed,
        DropSeedHigh = (uint)(args.DropoutSeed >> 32),
        DropStream = args.DropoutStream,
    };

    // Kernels clamp row numbers to this count: a wrong number never reads outside of the buffers.
    private static int Count(in AttentionArgs args)
    {
        var width = args.Heads * args.HeadDim;
        var perFloat = args.InputFormat.Is16Bits() ? 2 : 1;
        var keys = Rows(perFloat * args.Key.Length, args.KeyStride, args.KeyOffset + width, args);
        var values = Rows(perFloat * args.Value.Length, args.ValueStride, args.ValueOffset + width, args);
        return (int)Math.Min(int.MaxValue, Math.Min(keys, values));
    }

    private static long Rows(long length, int stride, int used, in AttentionArgs args) =>
        1 + ((((length - used) / stride) - (args.KeyTokens - 1)) / args.KeyCapacity);
}
