using System.Buffers.Binary;
using System.IO.Hashing;
using Blip.Runtime.Imaging;
using Blip.Runtime.Imaging.Clips;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.PixelFormats;

namespace Blip.Tests.Imaging;

/// <summary>Frames of animated files, of folders and of videos.</summary>
public sealed class ClipTests : IDisposable
{
    private static readonly byte[][] Colors = [[200, 0, 0], [0, 200, 0], [0, 0, 200], [200, 200, 0], [0, 200, 200]];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(10, 4, "0 2 5 7")]
    [InlineData(300, 4, "0 75 150 225")]
    [InlineData(3, 4, "0 1 2")]
    [InlineData(1, 4, "0")]
    public void Frames_are_evenly_spaced(int count, int wanted, string expected) =>
        Assert.Equal(expected, string.Join(' ', ClipFiles.Indices(count, wanted)));

    [Fact]
    public void Frames_of_a_gif_are_those_that_a_viewer_shows()
    {
        var gif = Gif();
        Assert.Equal(5, AnimatedImage.CountOf(gif));
        var images = AnimatedImage.Decode(gif, "gif", [0, 2, 4], new ImageDecoderOptions());
        Assert.Equal([0, 2, 4], images.Select(ColorOf));
        Assert.All(images, image => Assert.Equal((8, 6), (image.Width, image.Height)));
    }

    [Fact]
    public void Frames_of_an_animated_png_lie_over_each_other_as_their_controls_say()
    {
        // The first frame fills the canvas; the second covers its right half and is taken back; the third blends over the left half.
        var png = Apng(4, 2,
            (0, 0, 4, 2, 0, 0, [200, 0, 0, 255]), (2, 0, 2, 2, 2, 0, [0, 200, 0, 255]), (0, 0, 2, 2, 0, 1, [0, 0, 200, 0]),
                (2, 0, 2, 2, 1, 1, [0, 0, 200, 255]), (0, 0, 1, 1, 0, 0, [9, 9, 9, 255]));
        Assert.Equal(5, AnimatedImage.CountOf(png));
        var images = AnimatedImage.Decode(png, "apng", [0, 1, 2, 3, 4], new ImageDecoderOptions());
        Shows(images[0], [200, 0, 0], [200, 0, 0]);
        Shows(images[1], [200, 0, 0], [0, 200, 0]);
        Shows(images[2], [200, 0, 0], [200, 0, 0]);
        Shows(images[3], [200, 0, 0], [0, 0, 200]);
        Shows(images[4], [9, 9, 9], [0, 0, 0]);
    }

    [Fact]
    public void A_damaged_animation_is_refused_by_name()
    {
        var png = Apng(4, 2, (0, 0, 4, 2, 0, 0, [200, 0, 0, 255]), (3, 0, 2, 2, 0, 0, [0, 200, 0, 255]));
        Assert.Contains(
            "clip.png: its frame 1", Assert.Throws<ImageException>(
                () => AnimatedImage.Decode(png, "clip.png", [0, 1], new ImageDecoderOptions())).Message);
        Assert.Contains(
            "more than the limit", Assert.Throws<ImageException>(
                () => AnimatedImage.Decode(png, "clip.png", [0], new ImageDecoderOptions { MaxPixels = 7 })).Message);
    }

    [Fact]
    public void A_still_image_has_one_frame()
    {
        Assert.Equal(1, AnimatedImage.CountOf(Png(4, 4, [1, 2, 3, 255])));
        Assert.Equal(1, AnimatedImage.CountOf("no image"u8));
    }

    [Fact]
    public void Frames_of_a_folder_come_in_the_order_of_their_numbers()
    {
        foreach (var number in Enumerable.Range(1, 12))
            folder.Write($"frame_{number}.png", Png(2, 2, [1, 2, 3, 255]));
        folder.Write("notes.txt", "no frame");
        Assert.Equal(
            ["frame_1.png", "frame_4.png", "frame_7.png", "frame_10.png"], ClipFiles.OfFolder(folder.Path, 4).Select(Path.GetFileName));
    }

    [Fact]
    public void A_video_without_ffmpeg_says_what_to_do()
    {
        var video = folder.Write("clip.mp4", "no video");
        Assert.Contains("install ffmpeg", Assert.Throws<ImageException>(() => VideoFrames.Read(video, 4, "no-such-program")).Message);
    }

    [Fact]
    public void Frames_of_a_video_come_through_a_pipe()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("the stand-in for ffmpeg is a script of the POSIX shell");
            return;
        }
        // It says how long the video is, gives its times as names of PNG files, and has nothing behind the third second.
        var program = folder.Write("ffmpeg", """
            #!/bin/sh
            while [ $# -gt 0 ]; do [ "$1" = "-ss" ] && start=$2; shift; done
            [ -z "$start" ] && { echo "  Duration: 00:00:04.00, start: 0.000000" >&2; exit 1; }
            case $start in 0|1|2) cat "$(dirname "$0")/$start.png";; esac
            """);
        // The analyzer does not see that the test was skipped there.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        foreach (var second in Enumerable.Range(0, 3))
            folder.Write($"{second}.png", Png(2, 2, [.. Colors[second], 255]));
        var frames = VideoFrames.Read(folder.Write("clip.mp4", "video"), 4, program);
        Assert.Equal([0, 1, 2], frames.Select(frame => ColorOf(ImageDecoder.Decode(frame))));
    }

    // The first pixel of the left half, and the last one of the right.
    private static void Shows(RgbImage image, byte[] left, byte[] right)
    {
        Assert.Equal(left, Pixel(image, 0));
        Assert.Equal(right, Pixel(image, 3));
    }

    private static int ColorOf(RgbImage image) =>
        Array.FindIndex(Colors, color => color.Zip(Pixel(image, 0)).All(pair => Math.Abs(pair.First - pair.Second) < 8));

    private static byte[] Pixel(RgbImage image, int column) => image.Pixels[(3 * column)..((3 * column) + 3)].ToArray();

    /// <summary>An animated GIF of five colours.</summary>
    internal static byte[] Gif()
    {
        using var image = new Image<Rgba32>(8, 6, new Rgba32(Colors[0][0], Colors[0][1], Colors[0][2]));
        foreach (var color in Colors.Skip(1))
        {
            using var next = new Image<Rgba32>(8, 6, new Rgba32(color[0], color[1], color[2]));
            image.Frames.AddFrame(next.Frames.RootFrame);
        }
        using var file = new MemoryStream();
        image.Save(file, new GifEncoder());
        return file.ToArray();
    }

    internal static byte[] Png(int width, int height, byte[] rgba)
    {
        using var image = new Image<Rgba32>(width, height, new Rgba32(rgba[0], rgba[1], rgba[2], rgba[3]));
        using var file = new MemoryStream();
        image.Save(
            file, new SixLabors.ImageSharp.Formats.Png.PngEncoder
            {
                ColorType = SixLabors.ImageSharp.Formats.Png.PngColorType.RgbWithAlpha,
            });
        return file.ToArray();
    }

    private static byte[] Apng(
        int width, int height, params (int X, int Y, int Width, int Height, byte Dispose, byte Blend, byte[] Color)[] frames)
    {
        using var file = new MemoryStream();
        var first = Png(width, height, frames[0].Color);
        file.Write(first.AsSpan(0, 33));
        Chunk("acTL", [0, 0, 0, (byte)frames.Length, 0, 0, 0, 0]);
        var sequence = 0;
        foreach (var (i, frame) in frames.Index())
        {
            Chunk(
                "fcTL", [.. Number(sequence++), .. Number(frame.Width), .. Number(frame.Height), .. Number(frame.X), .. Number(frame.Y), 0,
                    1, 0, 10, frame.Dispose, frame.Blend]);
            foreach (var data in Data(i == 0 ? first : Png(frame.Width, frame.Height, frame.Color)))
                Chunk(i == 0 ? "IDAT" : "fdAT", i == 0 ? data : [.. Number(sequence++), .. data]);
        }
        Chunk("IEND", []);
        return file.ToArray();

        static byte[] Number(int number)
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(bytes, number);
            return bytes;
        }

        void Chunk(string name, byte[] content)
        {
            byte[] named = [.. System.Text.Encoding.ASCII.GetBytes(name), .. content];
            file.Write(Number(content.Length));
            file.Write(named);
            file.Write(Number((int)Crc32.HashToUInt32(named)));
        }
    }

    private static IEnumerable<byte[]> Data(byte[] png)
    {
        for (var at = 8; at < png.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            if (png.AsSpan(at + 4, 4).SequenceEqual("IDAT"u8))
                yield return png[(at + 8)..(at + 8 + length)];
            at += 12 + length;
        }
    }
}
