using System.Buffers.Binary;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>
/// The transparent colour and palette of a GIF's first frame (GIF89a). Pillow shows that colour, and fills the area outside the frame with
/// it, or with colour 0.
/// </summary>
internal readonly record struct GifFrame(int FlagsAt, int Transparent, int PaletteAt, int Colours)
{
    private const int HeaderLength = 13, TransparentFlag = 1;

    /// <summary>Finds the first frame; null if the file ends before it.</summary>
    public static GifFrame? Find(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderLength)
            return null;
        var frame = new GifFrame(-1, -1, HeaderLength, ColoursOf(file[10]));
        for (var at = HeaderLength + (3 * frame.Colours); at + 1 < file.Length;)
        {
            if (file[at] == (byte)',')
                return at + 10 <= file.Length && ColoursOf(file[at + 9]) is > 0 and var own ? frame with
                {
                    PaletteAt = at + 10,
                    Colours = own,
                } : frame;
            if (file[at] != (byte)'!')
                return null;
            if (file[at + 1] == 0xF9 && at + 6 < file.Length && file[at + 2] >= 4)
                frame = (file[at + 3] & TransparentFlag) != 0 ? frame with { FlagsAt = at + 3, Transparent = file[at + 6] } : frame;
            for (at += 2; at < file.Length && file[at] != 0; at += file[at] + 1)
            {
            }
            at++;
        }
        return null;
    }

    /// <summary>The file without its transparency flag.</summary>
    public byte[] Opaque(ReadOnlySpan<byte> file)
    {
        var opaque = file.ToArray();
        if (FlagsAt >= 0)
            opaque[FlagsAt] &= unchecked((byte)~TransparentFlag);
        return opaque;
    }

    /// <summary>Fills the undrawn area of RGBA pixels.</summary>
    public void Fill(Span<byte> rgba, ReadOnlySpan<byte> file)
    {
        var index = Math.Max(Transparent, 0);
        Span<byte> color = [0, 0, 0, byte.MaxValue];
        if (index < Colours && PaletteAt + (3 * index) + 3 <= file.Length)
            file.Slice(PaletteAt + (3 * index), 3).CopyTo(color);
        else if (Colours == 0)
            color[..3].Fill((byte)index);
        var value = BinaryPrimitives.ReadUInt32LittleEndian(color);
        foreach (ref var pixel in System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(rgba))
        {
            if (pixel >> 24 == 0)
                pixel = value;
        }
    }

    private static int ColoursOf(byte flags) => (flags & 0x80) != 0 ? 2 << (flags & 7) : 0;
}
