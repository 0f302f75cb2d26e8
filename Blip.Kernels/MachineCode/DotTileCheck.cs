using System.Runtime.InteropServices;

namespace Blip.Kernels.MachineCode;

/// <summary>
/// Tests tiles before use: products of integers that are exact in every order of sums, with each number of rows, with
/// and without a last row of words. Memory around the sums must stay unchanged.
/// </summary>
internal static unsafe class DotTileCheck
{
    private const int Columns = 64;

    private const uint Untouched = 0x5A5A5A5A;

    public static bool Passes<TTiles>(TTiles tiles, DotProduct product)
        where TTiles : struct, IDotTiles
    {
        foreach (var words in (int[])[1, 2, 3, 33, 64])
        {
            for (var rows = 1; rows <= tiles.Shape.Rows; rows++)
            {
                if (!Passes(tiles, product, rows, words))
                    return false;
            }
        }
        return true;
    }

    private static bool Passes<TTiles>(TTiles tiles, DotProduct product, int rows, int words)
        where TTiles : struct, IDotTiles
    {
        var shape = tiles.Shape;
        var perWord = product == DotProduct.Bytes ? 2 : 1;
        var depth = words * perWord;
        var stride = ((2 * words) + DotTileShape.InputUnit - 1) / DotTileShape.InputUnit * DotTileShape.InputUnit;
        var (panelBytes, repackedBytes) = (words * DotTileEmitter.RowBytes, AmxPanel.Steps(words) * 4 * AmxPanel.TileBytes);
        var sumCount = (shape.Rows + 1) * Columns;
        var memory = (byte*)NativeMemory.AlignedAlloc((nuint)((shape.Rows * stride) + panelBytes + repackedBytes + (sumCount * 4)), 64);
        try
        {
            var x = memory;
            var panel = memory + (shape.Rows * stride);
            var repacked = panel + panelBytes;
            var sums = (uint*)(repacked + repackedBytes);
            NativeMemory.Clear(memory, (nuint)(shape.Rows * stride));
            for (var row = 0; row < rows; row++)
            {
                for (var k = 0; k < depth; k++)
                    Put(product, x + (row * stride), k, Input(product, row, k));
            }
            for (var k = 0; k < depth; k++)
            {
                for (var column = 0; column < Columns; column++)
                    Put(product, panel, (k / perWord * Columns * perWord) + (column * perWord) + (k % perWord), Weight(k, column));
            }
            if (shape.IsRepacked)
                AmxPanel.Write((ushort*)panel, words, repacked);
            new Span<uint>(sums, sumCount).Fill(Untouched);
            tiles.Multiply(rows, x, stride, shape.IsRepacked ? repacked : panel, words, (float*)sums);
            for (var row = 0; row < rows; row++)
            {
                for (var column = 0; column < Columns; column++)
                {
                    var expected = 0;
                    for (var k = 0; k < depth; k++)
                        expected += Input(product, row, k) * Weight(k, column);
                    var sum = sums[(row * Columns) + column];
                    if (product == DotProduct.Bytes ? (int)sum != expected : BitConverter.UInt32BitsToSingle(sum) != expected)
                        return false;
                }
            }
            // AMX writes whole tiles.
            return !new Span<uint>(sums, sumCount)[((shape.IsRepacked ? shape.Rows : rows) * Columns)..].ContainsAnyExcept(Untouched);
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    private static void Put(DotProduct product, byte* to, int index, int value)
    {
        if (product == DotProduct.Bytes)
            to[index] = (byte)value;
        else
            ((ushort*)to)[index] = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
    }

    // Unsigned bytes, or integers of 8 significant bits.
    private static int Input(DotProduct product, int row, int k) =>
        product == DotProduct.Bytes ? ((row * 89) + (k * 57) + 13) & 255 : (((row * 89) + (k * 57) + 13) & 255) - 128;

    private static int Weight(int k, int column) => (((k * 101) + (column * 37) + 7) % 255) - 127;
}
