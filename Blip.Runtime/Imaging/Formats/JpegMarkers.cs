using System.Buffers.Binary;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>The markers of a JPEG file (ITU-T T.81, annex B), found as libjpeg finds them, without decoding.</summary>
internal sealed class JpegMarkers
{
    private const byte StartOfScan = 0xDA, EndOfImage = 0xD9, App1 = 0xE1;

    private readonly List<byte> exif = [];
    private byte[]? xmp;
    private byte frame;
    private int bits = 8;
    private bool scanned;

    /// <summary>True where the marker that ends an image is there. A decoder fills missing scans of a progressive image with guesses.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Its EXIF blocks, joined, and its XMP text.</summary>
    public ImageMetadata Metadata => new(exif.Count > 0 ? [.. exif] : null, xmp);

    /// <summary>The way of coding that is not read, or null for one that is.</summary>
    public string? Objection => bits != 8 ? $"a JPEG of {bits} bits per sample is not read"
        : frame is 0 or 0xC0 or 0xC1 or 0xC2 ? null
        : frame is 0xC9 or 0xCA ? "a JPEG with arithmetic coding is not read"
        : "a lossless or hierarchical JPEG is not read";

    /// <summary>Walks through a file.</summary>
    public static JpegMarkers Read(ReadOnlySpan<byte> file)
    {
        var found = new JpegMarkers();
        var at = 2;
        while (!found.IsWhole && NextMarker(file, ref at) is { } marker)
        {
            if (marker == EndOfImage)
                found.IsWhole = true;
            if (IsAlone(marker))
                continue;
            if (file.Length - at < 2 || BinaryPrimitives.ReadUInt16BigEndian(file[at..]) is var length && (length < 2 || length > file.Length - at))
                break;
            found.Take(marker, file.Slice(at + 2, length - 2));
            at += length;
        }
        return found;
    }

    // A marker is FF, once or more, and a byte other than 0. Entropy-coded data have FF before 0 alone.
    private static byte? NextMarker(ReadOnlySpan<byte> file, ref int at)
    {
        while (at < file.Length && file[at..].IndexOf((byte)0xFF) is var step and >= 0)
        {
            for (at += step; at < file.Length && file[at] == 0xFF; at++)
            {
            }
            if (at < file.Length && file[at++] is not 0 and var marker)
                return marker;
        }
        return null;
    }

    // TEM, RST0 to RST7, SOI, EOI: nothing belongs to them.
    private static bool IsAlone(byte marker) => marker is 0x01 or (>= 0xD0 and <= EndOfImage);

    private void Take(byte marker, ReadOnlySpan<byte> segment)
    {
        if (marker == StartOfScan)
            scanned = true;
        else if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC) && frame == 0 && segment.Length > 0)
            (frame, bits) = (marker, segment[0]);
        else if (marker == App1 && !scanned && segment.StartsWith("Exif\0\0"u8))
            exif.AddRange(exif.Count > 0 ? segment[6..] : segment);
        else if (marker == App1 && !scanned && segment.StartsWith("http://ns.adobe.com/xap/1.0/\0"u8))
            xmp = segment.ToArray();
    }
}
