using SixLabors.ImageSharp.Formats.Tiff;
using SixLabors.ImageSharp.Metadata;
using T = Blip.Runtime.Imaging.Formats.TiffDirectory;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>
/// TIFF files: the first image, upright. ImageSharp decodes the pixels from a rewritten directory. With the original one it refuses some
/// files that Pillow reads, and reads every image of a file.
/// </summary>
internal static class TiffImage
{
    private const long White = 0, Black = 1, Rgb = 2, Palette = 3, Cmyk = 5, YCbCr = 6;
    private const long Uncompressed = 1, ModifiedHuffman = 2, Group3 = 3, Group4 = 4, Jpeg = 7;

    private static readonly Dictionary<long, string> Compressions = new()
    {
        [6] = "JPEG in its old form", [34712] = "JPEG 2000", [34925] = "LZMA", [50000] = "Zstandard", [50001] = "WebP", [34887] = "LERC",
    };

    private static readonly long[] ReadCompressions = [Uncompressed, ModifiedHuffman, Group3, Group4, 5, Jpeg, 8, 32773, 32946];

    private static readonly TiffDecoder Decoder = new() { DecodingMode = FrameDecodingMode.First };

    public static (int Width, int Height)? SizeOf(ReadOnlySpan<byte> file) =>
        T.Read(file) is { } directory
            ? ((int)Math.Min(directory.One(T.ImageWidth, 0), int.MaxValue), (int)Math.Min(directory.One(T.ImageLength, 0), int.MaxValue))
            : null;

    public static RgbImage Decode(ReadOnlySpan<byte> file, string name, ImageDecoderOptions options)
    {
        var directory = T.Read(file) ?? throw new ImageException($"{name}: the image is damaged: its header cannot be read.");
        ImageSize.Check(directory.One(T.ImageWidth, 0), directory.One(T.ImageLength, 0), name, options);
        Complete(directory);
        if (Objection(directory) is { } objection)
            throw new ImageException($"{name}: a TIFF {objection} is not read: convert it, with 'magick FILE[0] -depth 8 image.png'.");
        if (!HoldsItsPixels(directory, file.Length))
            throw new ImageException($"{name}: {ImageSize.CutOff}");
        var (isCmyk, isFaxOfBlack) = (directory.One(T.Photometric, White) == Cmyk, IsFaxOfBlack(directory));
        var wide = Wide(directory);
        Simplify(directory);
        var pixels = SharpPixels.Decode(Decoder, directory.Rewritten(file), name, wide);
        if (isCmyk)
            FromCmyk(pixels.Rgba);
        if (isFaxOfBlack)
            Invert(pixels.Rgba);
        return UprightImage.Of(pixels.Rgba, pixels.Width, pixels.Height, directory.Metadata.Orientation, options.Background);
    }

    // Tags that the specification lets writers omit.
    private static void Complete(T directory)
    {
        var samples = directory.One(T.SamplesPerPixel, 1);
        var bits = directory.All(T.BitsPerSample);
        if (samples is >= 1 and <= 8 && bits.Count < samples)
            directory.Set(T.BitsPerSample, [.. Enumerable.Repeat(bits.Count > 0 ? bits[0] : 1, (int)samples)]);
        if (!directory.Has(T.RowsPerStrip))
            directory.Set(T.RowsPerStrip, directory.One(T.ImageLength, 0));
        if (!directory.Has(T.Compression))
            directory.Set(T.Compression, Uncompressed);
        if (!directory.Has(T.Photometric))
            directory.Set(T.Photometric, White);
    }

    private static string? Objection(T directory)
    {
        var (kind, compression, samples) =
            (directory.One(T.Photometric, White), directory.One(T.Compression, Uncompressed), directory.One(T.SamplesPerPixel, 1));
        var bits = directory.All(T.BitsPerSample);
        if ((directory.One(T.NewSubfileType, 0) & 1) != 0)
            return "that begins with a small copy of its image, as cameras' raw files do,";
        if (directory.Has(T.TileWidth) || directory.Has(T.TileOffsets))
            return "in tiles";
        if (!ReadCompressions.Contains(compression))
            return $"compressed with {Compressions.GetValueOrDefault(compression, $"method {compression}")}";
        if (directory.All(T.SampleFormat).Any(format => format != 1))
            return "of floating-point or signed samples";
        if (bits.Count == 0 || bits.Count != samples || bits.Any(bit => bit != bits[0]) || !IsDepth(kind, bits[0]))
            return $"of {string.Join('+', bits.Distinct())} bits per sample";
        if (directory.One(T.FillOrder, 1) != 1 && bits[0] != 1)
            return "with its bits in reverse order";
        var extra = directory.All(T.ExtraSamples);
        return kind switch
        {
            White or Black when samples == 1 => null,
            Palette when samples == 1 => null,
            Rgb when samples == 3 || (samples == 4 && extra.Count <= 1) => null,
            Cmyk when samples == 4 && compression != Jpeg && directory.One(T.PlanarConfiguration, 1) == 1 => null,
            YCbCr when samples == 3 && compression == Jpeg => null,
            _ => $"of kind {kind} with {samples} samples per pixel",
        };
    }

    private static bool IsDepth(long kind, long bits) => kind switch
    {
        White or Black => bits is 1 or 2 or 4 or 8 or 16,
        Palette => bits is 1 or 2 or 4 or 8,
        Rgb => bits is 8 or 16,
        _ => bits == 8,
    };

    private static bool HoldsItsPixels(T directory, long length)
    {
        var (offsets, counts) = (directory.All(T.StripOffsets), directory.All(T.StripByteCounts));
        if (offsets.Count == 0 || counts.Count != offsets.Count)
            return false;
        for (var i = 0; i < offsets.Count; i++)
        {
            if (counts[i] > length - offsets[i])
                return false;
        }
        var (width, height, rows) =
            (directory.One(T.ImageWidth, 0), directory.One(T.ImageLength, 0), Math.Max(1, directory.One(T.RowsPerStrip, 1)));
        var planes = directory.One(T.PlanarConfiguration, 1) == 2 ? directory.One(T.SamplesPerPixel, 1) : 1;
        if (offsets.Count < (height + rows - 1) / rows * planes)
            return false;
        var samples = directory.One(T.SamplesPerPixel, 1) / planes;
        var line = ((width * samples * directory.One(T.BitsPerSample, 1)) + 7) / 8;
        return directory.One(T.Compression, Uncompressed) != Uncompressed || counts.Sum() >= line * height * planes;
    }

    // Pillow keeps the upper byte of 16-bit colours. Unpremultiplied fractions are truncated by division, like Pillow's.
    private static Func<ushort, byte>? Wide(T directory) =>
        directory.One(T.Photometric, White) == Palette || directory.One(T.BitsPerSample, 1) == 16 ? value => (byte)(value >> 8)
        : directory.One(T.ExtraSamples, 0) == 1 ? value => (byte)(value / 257)
        : null;

    private static void Simplify(T directory)
    {
        var kind = directory.One(T.Photometric, White);
        if (kind == Cmyk)
        {
            // Four plain samples: ImageSharp has no CMYK decoder.
            directory.Set(T.Photometric, Rgb);
            directory.Set(T.ExtraSamples, 2);
        }
        else if (kind == Rgb && directory.One(T.SamplesPerPixel, 3) == 4 && directory.One(T.ExtraSamples, 2) != 1)
        {
            directory.Set(T.ExtraSamples, 2);
        }
    }

    // ImageSharp shows a fax's white as white, for either meaning of 0 in the file.
    private static bool IsFaxOfBlack(T directory) =>
        directory.One(T.Photometric, White) == Black && directory.One(T.Compression, Uncompressed) is >= ModifiedHuffman and <= Group4;

    private static void Invert(byte[] pixels)
    {
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)(i % 4 == 3 ? pixels[i] : ~pixels[i]);
    }

    // Pillow's cmyk2rgb.
    private static void FromCmyk(byte[] pixels)
    {
        for (var i = 0; i < pixels.Length; i += 4)
        {
            var light = 255 - pixels[i + 3];
            for (var c = i; c < i + 3; c++)
                pixels[c] = (byte)Math.Clamp(light - UprightImage.Scaled(pixels[c], light), 0, 255);
            pixels[i + 3] = 255;
        }
    }
}
