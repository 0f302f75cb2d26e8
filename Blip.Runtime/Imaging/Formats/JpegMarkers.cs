using System.Buffers.Binary;

namespace Blip.Runtime.Imaging.Formats;

/// <summary>The markers of a JPEG file (ITU-T T.81, annex B), found like libjpeg, without decoding.</summary>
internal sealed class JpegMarkers
{
    private const byte StartOfScan = 0xDA, EndOfImage = 0xD9, App1 = 0xE1;

    private readonly List<byte> exif = [];
    private byte[]? xmp;
    private byte frame;
    private int bits = 8;
    private bool scanned;

    /// <summary>Whether the end marker is there. Decoders fill a progressive image's missing scans with guesses.</summary>
    public bool IsWhole { get; private set; }

    public ImageMetadata Metadata => new(exif.Count > 0 ? [.. exif] : null, xmp);

    /// <summary>The unsupported coding, or null.</summary>
    public string? Objection => bits != 8 ? $"a JPEG of {bits} bits per sample is not read"
        : frame is 0 or 0xC0 or 0xC1 or 0xC2 ? null
        : frame is 0xC9 or 0xCA ? "a JPEG with arithmetic coding is not read"
        : "a lossless or hierarchical JPEG is not read";

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
            if (file.Length - at < 2 || BinaryPrimitives.ReadUInt16BigEndian(file[at..]) is var length
                && (length < 2 || length > file.Length - at))
                break;
            found.Take(marker, file.Slice(at + 2, length - 2));
            at += length;
        }
        return found;
    }

    // A marker is one or more FF and a byte other than 0. In entropy-coded data, 0 follows each FF.
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

    // TEM, RST0 to RST7, SOI and EOI have no content.
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
