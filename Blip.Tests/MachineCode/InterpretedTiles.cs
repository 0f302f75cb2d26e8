using System.Collections.Concurrent;
using Blip.Kernels.MachineCode;

namespace Blip.Tests.MachineCode;

/// <summary>Tiles that <see cref="X86Machine"/> executes, with memory that ends where their operands do.</summary>
internal readonly unsafe struct InterpretedTiles(DotExtension extension, DotProduct product, CallConvention convention) : IDotTiles
{
    private static readonly ConcurrentDictionary<(DotExtension, DotProduct, int, CallConvention), byte[]> Codes = [];

    public DotTileShape Shape => DotTileShape.Of(extension);

    public void Call(int rows, DotTileArguments* arguments) => Execute(rows, arguments, missing: 0);

    /// <summary>The same with so many bytes fewer at the end of the sums.</summary>
    public void Execute(int rows, DotTileArguments* arguments, int missing)
    {
        var shape = Shape;
        var tall = shape.IsRepacked ? shape.Rows : rows;
        var wordRows = (2 * arguments->Steps) + arguments->Tail;
        var memory = new X86Memory();
        memory.Allow(arguments, sizeof(DotTileArguments), isWritable: false, "the arguments");
        var inputs = shape.IsRepacked ? arguments->Steps * AmxTileEmitter.StepBytes : (wordRows + 1) / 2 * 4;
        memory.Allow(arguments->X, ((tall - 1) * arguments->Stride) + inputs, isWritable: false, "the inputs");
        var weights = shape.IsRepacked
            ? arguments->Steps * 4 * AmxPanel.TileBytes
            : ((wordRows - 1) * DotTileEmitter.RowBytes) + (DotTileEmitter.RowBytes / shape.Passes);
        memory.Allow(arguments->Weights, weights, isWritable: false, "the weights");
        memory.Allow(arguments->Sums, ((tall - 1) * 256) + (256 / shape.Passes) - missing, isWritable: true, "the sums");
        memory.Allow(arguments->Configuration, 64, isWritable: false, "the configuration");
        var (from, what, by) = (extension, product, convention);
        var code = Codes.GetOrAdd(
            (from, what, shape.IsRepacked ? 1 : rows, by), key => DotTileShape.Emit(key.Item1, key.Item2, key.Item3, key.Item4));
        new X86Machine(memory).Call(code, arguments, convention);
    }
}
