namespace Blip.Kernels.MachineCode;

/// <summary>Tiles of one product, and how they want what they multiply.</summary>
internal unsafe interface IDotTiles
{
    /// <summary>How the tiles are cut.</summary>
    DotTileShape Shape { get; }

    /// <summary>Runs the tile of so many rows.</summary>
    /// <param name="rows">1 to the shape's rows.</param>
    /// <param name="arguments">Addresses for one pass.</param>
    void Call(int rows, DotTileArguments* arguments);
}

/// <summary>How tiles are cut.</summary>
/// <param name="Rows">Rows of the largest.</param>
/// <param name="Passes">Calls that make a panel's 64 columns: each of 64 / passes of them.</param>
/// <param name="IsRepacked">Whether panels are written as <see cref="AmxPanel"/> does before.</param>
internal readonly record struct DotTileShape(int Rows, int Passes, bool IsRepacked)
{
    /// <summary>Bytes of which rows of inputs are a multiple.</summary>
    public const int InputUnit = 64;

    /// <summary>The shape of an extension's tiles.</summary>
    public static DotTileShape Of(DotExtension extension) => extension switch
    {
        DotExtension.AvxVnni => new(DotTileEmitter.MaxRows, 4, IsRepacked: false),
        DotExtension.Avx512 => new(DotTileEmitter.MaxRows, 1, IsRepacked: false),
        DotExtension.Amx => new(AmxTileEmitter.Rows, 1, IsRepacked: true),
        _ => throw new System.Diagnostics.UnreachableException($"{extension} has no tiles."),
    };

    /// <summary>The tile of so many rows.</summary>
    public static byte[] Emit(DotExtension extension, DotProduct product, int rows, CallConvention convention) => extension switch
    {
        DotExtension.AvxVnni => DotTileEmitter.Emit(product, 256, rows, convention),
        DotExtension.Avx512 => DotTileEmitter.Emit(product, 512, rows, convention),
        DotExtension.Amx => AmxTileEmitter.Emit(product, convention),
        _ => throw new System.Diagnostics.UnreachableException($"{extension} has no tiles."),
    };
}

/// <summary>Multiplies rows with a panel, by whatever tiles.</summary>
internal static unsafe class DotTileCalls
{
    /// <summary>sums[i, j] = Σₖ x[i, k] · w[k, j] for all 64 columns.</summary>
    /// <param name="tiles">The tiles.</param>
    /// <param name="rows">1 to the shape's rows; AMX reads and writes all of its rows always.</param>
    /// <param name="x">Rows of bytes or bfloat16, filled up with zeros to a multiple of <see cref="DotTileShape.InputUnit"/> bytes.</param>
    /// <param name="stride">Their bytes.</param>
    /// <param name="panel">[words, 64] words of 16 bits, or what <see cref="AmxPanel"/> made of it.</param>
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
