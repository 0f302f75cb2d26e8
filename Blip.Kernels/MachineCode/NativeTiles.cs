using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Blip.Kernels.MachineCode;

/// <summary>
/// Executable tiles. Each kind is assembled once per process, at its first use, to keep the start fast. A kind is refused
/// where the system allows no executable memory or its test's products are wrong.
/// </summary>
internal readonly unsafe partial struct NativeTiles : IDotTiles
{
    private static readonly Dictionary<(DotExtension, DotProduct), (NativeTiles Tiles, string? Refusal)> Made = [];

    private static readonly Lock Gate = new();

    // One per number of rows.
    private readonly nint* functions;

    private NativeTiles(DotExtension extension, DotProduct product, Func<byte[], nint> place)
    {
        Shape = DotTileShape.Of(extension);
        functions = (nint*)NativeMemory.Alloc((nuint)Shape.Rows, (nuint)sizeof(nint));
        var convention = OperatingSystem.IsWindows() ? CallConvention.Microsoft : CallConvention.SystemV;
        for (var row = 0; row < Shape.Rows; row++)
        {
            // AMX has one for all.
            functions[row] = row > 0 && Shape.IsRepacked
                ? functions[0]
                : place(DotTileShape.Emit(extension, product, row + 1, convention));
        }
    }

    /// <inheritdoc/>
    public DotTileShape Shape { get; }

    public static bool Has(DotExtension extension, DotProduct product) => (extension, product) switch
    {
        (DotExtension.AvxVnni, DotProduct.Bytes) => ProcessorFeatures.AvxVnni,
        (DotExtension.AvxVnni, DotProduct.BFloat16) => false,
        (DotExtension.Avx512, DotProduct.Bytes) => ProcessorFeatures.Avx512Vnni,
        (DotExtension.Avx512, DotProduct.BFloat16) => ProcessorFeatures.Avx512BFloat16,
        (DotExtension.Amx, DotProduct.Bytes or DotProduct.BFloat16) => ProcessorFeatures.Amx,
        _ => throw new System.Diagnostics.UnreachableException($"{extension} does not multiply {product}."),
    };

    /// <summary>The tiles; null with a reason if they must not be used, without one if the processor lacks the instruction.</summary>
    public static (NativeTiles? Tiles, string? Refusal) Of(DotExtension extension, DotProduct product)
    {
        if (!Has(extension, product))
            return (null, null);
        lock (Gate)
        {
            if (!Made.TryGetValue((extension, product), out var made))
                Made[(extension, product)] = made = Make(extension, product, code => ExecutableMemory.Make(code));
            return made.Refusal is null ? (made.Tiles, null) : (null, made.Refusal);
        }
    }

    /// <inheritdoc/>
    public void Call(int rows, DotTileArguments* arguments) =>
        ((delegate* unmanaged<DotTileArguments*, void>)functions[rows - 1])(arguments);

    /// <summary>
    /// Makes and tests tiles that this processor has, or returns why not. <paramref name="place"/> puts instructions into callable memory.
    /// </summary>
    internal static (NativeTiles Tiles, string? Refusal) Make(DotExtension extension, DotProduct product, Func<byte[], nint> place)
    {
        const string Instead = "; .NET's own instructions multiply instead";
        try
        {
            if (extension == DotExtension.Amx && AmxPermission.Refusal is { } refusal)
                return (default, refusal + Instead);
            var tiles = new NativeTiles(extension, product, place);
            return DotTileCheck.Passes(tiles, product)
                ? (tiles, null)
                : (default, $"this processor's {extension} gives other products of {product} than its manual says{Instead}");
        }
        catch (Exception e) when (e is Win32Exception or DllNotFoundException or EntryPointNotFoundException)
        {
            return (default, $"the system allows no memory for instructions of {extension} ({e.Message}){Instead}");
        }
    }
}
