using System.Buffers.Binary;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>PBM, PGM and PPM files, plain and raw (Netpbm).</summary>
internal static class PnmImage
{
    private const int MostDigits = 10;

    public static bool Fits(ReadOnlySpan<byte> header) =>
        header.Length > 2 && header[0] == (byte)'P' && header[1] is >= (byte)'1' and <= (byte)'6' && IsSpace(header[2]);

    public static (int Width, int Height)? SizeOf(ReadOnlySpan<byte> file)
    {
        var rest = file[2..];
        return Number(ref rest) is { } width && Number(ref rest) is { } height ? (width, height) : null;
    }

    public static RgbImage Decode(ReadOnlySpan<byte> file, string name, ImageDecoderOptions options)
    {
        var kind = file[1] - '0';
        var rest = file[2..];
        if (Number(ref rest) is not { } width || Number(ref rest) is not { } height
            || (kind is 1 or 4 ? 1 : Number(ref rest)) is not (> 0 and < 65536 and var most))
            throw new ImageException($"{name}: the image is damaged: its header cannot be read.");
        ImageSize.Check(width, height, name, options);
        var samples = kind is 3 or 6 ? 3 : 1;
        var values = GC.AllocateUninitializedArray<byte>(samples * width * height);
        var whole = kind switch
        {
            1 => PlainBits(values, rest),
            4 => Bits(values, rest, width),
            2 or 3 => Plain(values, rest, most, name),
            _ => Raw(values, rest, most),
        };
        if (!whole)
            throw new ImageException($"{name}: {ImageSize.CutOff}");
        return new RgbImage(width, height, samples == 3 ? values : Gray(values));
    }

    private static bool Bits(Span<byte> values, ReadOnlySpan<byte> rest, int width)
    {
        var line = (width + 7) / 8;
        if (rest.Length < (long)line * (values.Length / width))
            return false;
        for (var i = 0; i < values.Length; i++)
            values[i] = (rest[(i / width * line) + (i % width / 8)] >> (7 - (i % width % 8)) & 1) == 0 ? byte.MaxValue : byte.MinValue;
        return true;
    }

    private static bool Raw(Span<byte> values, ReadOnlySpan<byte> rest, int most)
    {
        var size = most < 256 ? 1 : 2;
        if (rest.Length < (long)size * values.Length)
            return false;
        for (var i = 0; i < values.Length; i++)
            values[i] = Level(size == 1 ? rest[i] : BinaryPrimitives.ReadUInt16BigEndian(rest[(2 * i)..]), most);
        return true;
    }

    // Bits need no space between them.
    private static bool PlainBits(Span<byte> values, ReadOnlySpan<byte> rest)
    {
        for (var i = 0; i < values.Length; i++)
        {
            SkipSpace(ref rest);
            if (rest.IsEmpty || rest[0] is not ((byte)'0' or (byte)'1'))
                return false;
            values[i] = rest[0] == (byte)'0' ? byte.MaxValue : byte.MinValue;
            rest = rest[1..];
        }
        return true;
    }

    private static bool Plain(Span<byte> values, ReadOnlySpan<byte> rest, int most, string name)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (Number(ref rest) is not { } value)
                return false;
            if (value > most)
                throw new ImageException($"{name}: the image is damaged: {value} is above its largest value, {most}.");
            values[i] = Level(value, most);
        }
        return true;
    }

    // Pillow rounds halves to even, like Python.
    private static byte Level(int value, int most) =>
        most == 255 ? (byte)value : (byte)Math.Min(255, Math.Round((double)value / most * 255));

    private static byte[] Gray(byte[] values)
    {
        var rgb = GC.AllocateUninitializedArray<byte>(3 * values.Length);
        for (var i = 0; i < values.Length; i++)
            rgb.AsSpan(3 * i, 3).Fill(values[i]);
        return rgb;
    }

    // A number and one space after it; null if there is none.
    private static int? Number(ref ReadOnlySpan<byte> rest)
    {
        SkipSpace(ref rest);
        var (value, digits) = (0L, 0);
        for (; digits < rest.Length && char.IsAsciiDigit((char)rest[digits]) && digits <= MostDigits; digits++)
            value = (10 * value) + rest[digits] - '0';
        if (digits is 0 or > MostDigits || value > int.MaxValue
            || (digits < rest.Length && !IsSpace(rest[digits]) && rest[digits] != (byte)'#'))
            return null;
        rest = rest[digits..];
        if (!rest.IsEmpty && IsSpace(rest[0]))
            rest = rest[1..];
        return (int)value;
    }

    private static void SkipSpace(ref ReadOnlySpan<byte> rest)
    {
        while (!rest.IsEmpty && (IsSpace(rest[0]) || rest[0] == (byte)'#'))
            rest = rest[0] == (byte)'#'
                ? rest[(rest.IndexOfAny((byte)'\n', (byte)'\r') is var end and >= 0 ? end : rest.Length)..]
                : rest[1..];
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (>= 9 and <= 13);
}
