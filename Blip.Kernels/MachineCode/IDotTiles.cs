namespace Blip.Kernels.MachineCode;

/// <summary>Tiles of one product, and their operands' layout.</summary>
internal unsafe interface IDotTiles
{
    DotTileShape Shape { get; }

    /// <summary>Runs the tile of 1 to <see cref="Shape"/>'s rows, for one pass.</summary>
    void Call(int rows, DotTileArguments* arguments);
}

/// <summary>How tiles divide the work.</summary>
/// <param name="Rows">Rows of the largest.</param>
/// <param name="Passes">Calls per panel, each for 64 / passes columns.</param>
/// <param name="IsRepacked">Whether panels need the layout of <see cref="AmxPanel"/>.</param>
internal readonly record struct DotTileShape(int Rows, int Passes, bool IsRepacked)
{
    /// <summary>Input rows are multiples of these bytes.</summary>
    public const int InputUnit = 64;

    public static DotTileShape Of(DotExtension extension) => extension switch
    {
        DotExtension.AvxVnni => new(DotTileEmitter.MaxRows, 4, IsRepacked: false),
        DotExtension.Avx512 => new(DotTileEmitter.MaxRows, 1, IsRepacked: false),
        DotExtension.Amx => new(AmxTileEmitter.Rows, 1, IsRepacked: true),
        _ => throw new System.Diagnostics.UnreachableException($"{extension} has no tiles."),
    };

    public static byte[] Emit(DotExtension extension, DotProduct product, int rows, CallConvention convention) => extension switch
    {
        DotExtension.AvxVnni => DotTileEmitter.Emit(product, 256, rows, convention),
        DotExtension.Avx512 => DotTileEmitter.Emit(product, 512, rows, convention),
        DotExtension.Amx => AmxTileEmitter.Emit(product, convention),
        _ => throw new System.Diagnostics.UnreachableException($"{extension} has no tiles."),
    };
}

internal static unsafe class DotTileCalls
{
    /// <summary>sums[i, j] = Σₖ x[i, k] · w[k, j] for all 64 columns.</summary>
    /// <param name="tiles">The tiles.</param>
    /// <param name="rows">1 to the shape's rows; AMX always reads and writes all rows.</param>
    /// <param name="x">Bytes or bfloat16, padded with zeros to a multiple of <see cref="DotTileShape.InputUnit"/> bytes.</param>
    /// <param name="stride">Bytes of a row.</param>
    /// <param name="panel">[words, 64] words of 16 bits, or its <see cref="AmxPanel"/>.</param>
    /// <param name="words">Rows of words.</param>
    /// <param name="sums">[shape's rows, 64], 4 bytes each.</param>
    public static void Multiply<TTiles>(this TTiles tiles, int rows, byte* x, long stride, byte* panel, int words, float* sums)
        where TTiles : struct, IDotTiles
    {
        var shape = tiles.Shape;
        var configuration = stackalloc byte[64];
        if (shape.IsRepacked)
            AmxTileEmitter.Configuration.CopyTo(new Span<byte>(configuration, 64));
        for (var pass = 0; pass < shape.Passes; pass++)
        {
            var arguments = new DotTileArguments
            {
                X = x,
                Stride = stride,
                Weights = panel + (pass * (DotTileEmitter.RowBytes / shape.Passes)),
                Steps = shape.IsRepacked ? AmxPanel.Steps(words) : words / 2,
                Tail = words & 1,
                Sums = (byte*)(sums + (pass * (64 / shape.Passes))),
                Configuration = configuration,
            };
            tiles.Call(rows, &arguments);
        }
    }
}
