using System.Buffers.Binary;
using System.IO.Hashing;
using Blip.Runtime.Imaging.Formats;
using SkiaSharp;

namespace Blip.Runtime.Imaging.Clips;

/// <summary>
/// Animated PNG files (PNG third edition, section 11.3.6). Skia decodes each frame, rewritten as a PNG file. The frame's control chunk
/// tells how to draw it on the canvas.
/// </summary>
internal static class AnimatedPng
{
    private const int SignatureLength = 8, ChunkOverhead = 12, HeaderLength = 13, Channels = 4;

    private const byte ClearAfter = 1, RestoreAfter = 2, Over = 1;

    /// <summary>The frames' controls and data; none for still images.</summary>
    public static List<PngFrame> FramesOf(ReadOnlySpan<byte> file)
    {
        var frames = new List<PngFrame>();
        var isAnimated = false;
        foreach (var chunk in Chunks(file))
        {
            var content = file[chunk.Content];
            switch (chunk.Name)
            {
                case "acTL":
                    isAnimated = true;
                    break;
                case "fcTL" when content.Length >= 26:
                    frames.Add(new PngFrame(
                        Number(content, 4), Number(content, 8), Number(content, 12), Number(content, 16), content[24], content[25], []));
                    break;
                // The default image is the first frame if a control chunk precedes it.
                case "IDAT" when frames.Count == 1:
                    frames[0].Data.Add(chunk.Content);
                    break;
                case "fdAT" when frames.Count > 0 && content.Length > 4:
                    frames[^1].Data.Add((chunk.Content.Start.Value + 4)..chunk.Content.End);
                    break;
                default:
                    break;
            }
        }
        return isAnimated ? frames : [];
    }

    /// <summary>Decodes the given frames, in ascending order.</summary>
    /// <exception cref="ImageException">The file is damaged or too large.</exception>
    public static RgbImage[] Decode(ReadOnlySpan<byte> file, string name, IReadOnlyList<int> wanted, ImageDecoderOptions options)
    {
        var frames = FramesOf(file);
        var (width, height) = (Number(file, 16), Number(file, 20));
        ImageSize.Check(width, height, name, options);
        var canvas = new byte[Channels * width * height];
        var images = new List<RgbImage>(wanted.Count);
        for (var i = 0; images.Count < wanted.Count; i++)
        {
            var frame = frames[i];
            if (frame.Data.Count == 0 || !Fits(frame.X, frame.Width, width) || !Fits(frame.Y, frame.Height, height))
                throw Damaged(name, i);
            var before = frame.Dispose == RestoreAfter && i > 0 ? (byte[])canvas.Clone() : null;
            Draw(canvas, width, frame, Pixels(Alone(file, frame), frame, name, i));
            while (images.Count < wanted.Count && wanted[images.Count] == i)
                images.Add(UprightImage.Of(canvas, width, height, 1, options.Background));
            if (before is not null)
                canvas = before;
            else if (frame.Dispose is ClearAfter or RestoreAfter)
                Clear(canvas, width, frame);
        }
        return [.. images];
    }

    private static bool Fits(int first, int count, int all) => first >= 0 && count >= 1 && (long)first + count <= all;

    // The frame as a file: header with the frame's size, shared chunks, and its data.
    private static byte[] Alone(ReadOnlySpan<byte> file, PngFrame frame)
    {
        using var alone = new MemoryStream();
        alone.Write(file[..SignatureLength]);
        foreach (var chunk in Chunks(file))
        {
            if (chunk.Name is "IDAT" or "fdAT")
                break;
            var content = file[chunk.Content].ToArray();
            if (chunk.Name == "IHDR" && content.Length == HeaderLength)
            {
                BinaryPrimitives.WriteInt32BigEndian(content, frame.Width);
                BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(4), frame.Height);
            }
            if (chunk.Name is not ("acTL" or "fcTL"))
                Write(alone, chunk.Name, content);
        }
        foreach (var data in frame.Data)
            Write(alone, "IDAT", file[data]);
        Write(alone, "IEND", []);
        return alone.ToArray();
    }

    private static void Write(MemoryStream file, string name, ReadOnlySpan<byte> content)
    {
        var chunk = new byte[content.Length + ChunkOverhead];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        System.Text.Encoding.ASCII.GetBytes(name, chunk.AsSpan(4));
        content.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + content.Length), Crc32.HashToUInt32(chunk.AsSpan(4, content.Length + 4)));
        file.Write(chunk);
    }

    private static unsafe byte[] Pixels(byte[] png, PngFrame frame, string name, int index)
    {
        fixed (byte* bytes = png)
        {
            using var data = SKData.Create((nint)bytes, png.Length);
            using var codec = SKCodec.Create(data) ?? throw Damaged(name, index);
            var info = new SKImageInfo(frame.Width, frame.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
            var rgba = new byte[info.BytesSize];
            fixed (byte* pixels = rgba)
            {
                if (codec.GetPixels(info, (nint)pixels) != SKCodecResult.Success)
                    throw Damaged(name, index);
            }
            return rgba;
        }
    }

    private static void Draw(byte[] canvas, int width, PngFrame frame, byte[] rgba)
    {
        for (var y = 0; y < frame.Height; y++)
        {
            var row = canvas.AsSpan(Channels * (((frame.Y + y) * width) + frame.X), Channels * frame.Width);
            var drawn = rgba.AsSpan(Channels * y * frame.Width, Channels * frame.Width);
            if (frame.Blend != Over)
            {
                drawn.CopyTo(row);
                continue;
            }
            for (var at = 0; at < row.Length; at += Channels)
                Lay(drawn.Slice(at, Channels), row.Slice(at, Channels));
        }
    }

    // Porter and Duff's over, for unpremultiplied colours.
    private static void Lay(ReadOnlySpan<byte> above, Span<byte> below)
    {
        var (a, b) = (above[3] / 255.0, below[3] / 255.0 * (1 - (above[3] / 255.0)));
        if (a + b > 0)
        {
            for (var c = 0; c < 3; c++)
                below[c] = (byte)Math.Round(((above[c] * a) + (below[c] * b)) / (a + b));
        }
        below[3] = (byte)Math.Round(255 * (a + b));
    }

    private static void Clear(byte[] canvas, int width, PngFrame frame)
    {
        for (var y = frame.Y; y < frame.Y + frame.Height; y++)
            canvas.AsSpan(Channels * ((y * width) + frame.X), Channels * frame.Width).Clear();
    }

    private static List<(string Name, Range Content)> Chunks(ReadOnlySpan<byte> file)
    {
        var chunks = new List<(string, Range)>();
        for (var at = SignatureLength; at <= file.Length - ChunkOverhead;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            if (length > file.Length - at - ChunkOverhead)
                break;
            chunks.Add((System.Text.Encoding.ASCII.GetString(file.Slice(at + 4, 4)), (at + 8)..(at + 8 + (int)length)));
            at += ChunkOverhead + (int)length;
        }
        return chunks;
    }

    private static int Number(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt32BigEndian(bytes[at..]);

    private static ImageException Damaged(string name, int frame) =>
        new($"{name}: its frame {frame} is damaged. Copy the file again from where it came.");
}

/// <summary>
/// A frame of an animated PNG: its size, place on the canvas, and data ranges in the file. Dispose tells what happens to its area
/// afterwards: 0 kept, 1 cleared, 2 restored. Blend 0 replaces the canvas, 1 blends over it.
/// </summary>
internal sealed record PngFrame(int Width, int Height, int X, int Y, byte Dispose, byte Blend, List<Range> Data);
