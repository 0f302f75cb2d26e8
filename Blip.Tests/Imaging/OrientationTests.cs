using System.Buffers.Binary;
using System.Text;
using Blip.Runtime.Imaging;
using SkiaSharp;

namespace Blip.Tests.Imaging;

/// <summary>The places where a file can say how it is turned, as Pillow's <c>exif_transpose</c> finds them.</summary>
public class OrientationTests
{
    private const int Columns = 2;
    private const string Letters = "abcdef", Turned = "ecafdb";

    private static readonly byte[] Long6 = Exif(type: 4, 6), Short6 = Exif(type: 3, 6), Short1 = Exif(type: 3, 1);

    private static readonly byte[] Prefix = [.. "Exif\0\0"u8];

    private static readonly byte[] Xmp =
        [.. "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:Description tiff:Orientation=\"6\"/></x:xmpmeta>"u8];

    private static readonly byte[] XmpElement = [.. "<tiff:OrientationX/><tiff:Orientation>6</tiff:Orientation>"u8];

    [Fact]
    public void A_png_turns_by_its_exif_chunk_whatever_its_form()
    {
        Assert.Equal(Turned, Png("eXIf", Short6));
        Assert.Equal(Turned, Png("eXIf", Long6));
        Assert.Equal(Turned, Png("eXIf", [.. Prefix, .. Short6]));
        Assert.Equal(Turned, Png("eXIf", [.. Prefix, .. Prefix, .. Long6]));
        Assert.Equal(Letters, Png("eXIf", Exif(type: 2, 6)));
        Assert.Equal(Letters, Png("eXIf", Exif(type: 3, 9)));
        Assert.Equal(Letters, Png("eXIf", [.. "no exif block"u8]));
    }

    [Theory]
    [InlineData("tEXt")]
    [InlineData("zTXt")]
    [InlineData("iTXt")]
    [InlineData("iTXt packed")]
    public void A_png_turns_by_a_text_chunk(string type)
    {
        var profile = Encoding.ASCII.GetBytes(
            $"\nexif\n      {Prefix.Length + Short6.Length}\n{Convert.ToHexString([.. Prefix, .. Short6]).ToLowerInvariant()}\n");
        Assert.Equal(Turned, Png(type[..4], TextChunk(type, "Raw profile type exif", profile)));
        Assert.Equal(Turned, Png(type[..4], TextChunk(type, "XML:com.adobe.xmp", Xmp)));
        Assert.Equal(Turned, Png(type[..4], TextChunk(type, "XML:com.adobe.xmp", XmpElement)));
        Assert.Equal(Letters, Png(type[..4], TextChunk(type, "Raw profile type exif", [.. "\nexif\n 3\nxyz"u8])));
        Assert.Equal(Letters, Png(type[..4], TextChunk(type, "Comment", Xmp)));
    }

    [Fact]
    public void Exif_comes_before_a_profile_and_a_profile_before_xmp()
    {
        var xmp = Pngs.With(Pngs.Gray8(Columns, Letters, orientation: 0), "iTXt", TextChunk("iTXt", "XML:com.adobe.xmp", Xmp));
        Assert.Equal(Turned, Read(xmp));
        Assert.Equal(Letters, Read(Pngs.With(xmp, "eXIf", Short1)));
        var profile = Encoding.ASCII.GetBytes($"\nexif\n 26\n{Convert.ToHexString(Short1)}");
        Assert.Equal(Letters, Read(Pngs.With(xmp, "tEXt", TextChunk("tEXt", "Raw profile type exif", profile))));
        Assert.Equal(Turned, Read(Pngs.With(xmp, "eXIf", Exif(type: 3, 6, tag: 0x0110))));
    }

    [Fact]
    public void A_text_that_unpacks_to_a_flood_is_passed_over()
    {
        var flood = new byte[(1 << 20) + 1];
        Xmp.CopyTo(flood, 0);
        Assert.Equal(Letters, Png("zTXt", TextChunk("zTXt", "XML:com.adobe.xmp", flood)));
        Assert.Equal(Letters, Png("zTXt", [.. "XML:com.adobe.xmp\0\0"u8, 1, 2, 3]));
    }

    [Fact]
    public void A_jpeg_turns_by_exif_of_both_types_and_by_xmp_where_exif_says_nothing()
    {
        var plain = Encoded(SKEncodedImageFormat.Jpeg);
        var turned = Rotated(ImageDecoder.Decode(plain));
        byte[] exif = Segment([.. Prefix, .. Long6]), xmp = Segment([.. "http://ns.adobe.com/xap/1.0/\0"u8, .. Xmp]);
        Assert.Equal(turned, ImageDecoder.Decode([.. plain[..2], .. exif, .. plain[2..]]).Pixels);
        Assert.Equal(turned, ImageDecoder.Decode([.. plain[..2], .. Segment([.. Prefix, .. Short6]), .. plain[2..]]).Pixels);
        Assert.Equal(turned, ImageDecoder.Decode([.. plain[..2], .. xmp, .. plain[2..]]).Pixels);
        Assert.NotEqual(turned, ImageDecoder.Decode([.. plain[..2], .. xmp, .. Segment([.. Prefix, .. Short1]), .. plain[2..]]).Pixels);
    }

    [Fact]
    public void A_webp_turns_by_exif_with_and_without_its_prefix_and_by_xmp()
    {
        var plain = Encoded(SKEncodedImageFormat.Webp);
        var turned = Rotated(ImageDecoder.Decode(plain));
        foreach (var exif in (byte[][])[Short6, Long6, [.. Prefix, .. Short6]])
            Assert.Equal(turned, ImageDecoder.Decode(Webp(plain, flags: 0x08, "EXIF", exif)).Pixels);
        Assert.Equal(turned, ImageDecoder.Decode(Webp(plain, flags: 0x04, "XMP ", Xmp)).Pixels);
        Assert.NotEqual(turned, ImageDecoder.Decode(Webp(plain, flags: 0, "XMP ", Xmp)).Pixels);
    }

    private static string Png(string type, byte[] content) => Read(Pngs.With(Pngs.Gray8(Columns, Letters, orientation: 0), type, content));

    private static string Read(byte[] file)
    {
        var image = ImageDecoder.Decode(file);
        return string.Concat(Enumerable.Range(0, image.Width * image.Height).Select(i => (char)image.Pixels[3 * i]));
    }

    // A quarter clockwise, as orientation 6 asks for.
    private static byte[] Rotated(RgbImage image) =>
        [.. from x in Enumerable.Range(0, image.Width)
            from y in Enumerable.Range(0, image.Height).Reverse()
            from channel in Enumerable.Range(0, 3)
            select image.Pixels[(3 * ((y * image.Width) + x)) + channel]];

    // One directory with one entry.
    private static byte[] Exif(ushort type, ushort value, ushort tag = 0x0112)
    {
        byte[] exif = [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt16LittleEndian(exif.AsSpan(10), tag);
        BinaryPrimitives.WriteUInt16LittleEndian(exif.AsSpan(12), type);
        BinaryPrimitives.WriteUInt16LittleEndian(exif.AsSpan(18), value);
        return exif;
    }

    private static byte[] TextChunk(string type, string key, byte[] text) => type switch
    {
        "tEXt" => [.. Encoding.ASCII.GetBytes(key), 0, .. text],
        "zTXt" => [.. Encoding.ASCII.GetBytes(key), 0, 0, .. Pngs.Packed(text)],
        "iTXt" => [.. Encoding.ASCII.GetBytes(key), 0, 0, 0, 0, 0, .. text],
        _ => [.. Encoding.ASCII.GetBytes(key), 0, 1, 0, 0, 0, .. Pngs.Packed(text)],
    };

    private static byte[] Segment(byte[] content) =>
        [0xFF, 0xE1, (byte)((content.Length + 2) >> 8), (byte)(content.Length + 2), .. content];

    private static byte[] Encoded(SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(24, 16, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (var y = 0; y < bitmap.Height; y++)
        {
            for (var x = 0; x < bitmap.Width; x++)
                bitmap.SetPixel(x, y, new SKColor((byte)(10 * x), (byte)(15 * y), 90));
        }
        using var data = bitmap.Encode(format, 100);
        return data.ToArray();
    }

    // The extended form: a header with flags and the size less one, the pixels, and a chunk of text.
    private static byte[] Webp(byte[] plain, byte flags, string type, byte[] content)
    {
        byte[] chunks = [.. "VP8X"u8, 10, 0, 0, 0, flags, 0, 0, 0, 23, 0, 0, 15, 0, 0, .. plain[12..], .. Encoding.ASCII.GetBytes(type),
            (byte)content.Length, 0, 0, 0, .. content];
        if (content.Length % 2 != 0)
            chunks = [.. chunks, 0];
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, chunks.Length + 4);
        return [.. "RIFF"u8, .. length, .. "WEBP"u8, .. chunks];
    }
}
