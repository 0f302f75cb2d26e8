using Blip.Kernels;
using Blip.Runtime.Imaging;
using Blip.Verification.References;
using CsCheck;

namespace Blip.Tests.Imaging;

public class ImageDecoderTests
{
    public static TheoryData<string> Files => [.. ImageGoldens.Cases.Select(golden => golden.File).Distinct()];

    public static TheoryData<string> BadFiles => [.. ImageGoldens.Bad.Keys];

    [Fact]
    public void The_goldens_are_all_there() => Assert.Equal((43, 8), (ImageGoldens.Cases.Count, ImageGoldens.Bad.Count));

    [Theory, MemberData(nameof(Files))]
    public void A_image_has_the_pixels_of_the_reference(string file)
    {
        var image = ImageGoldens.Decode(file);
        foreach (var golden in ImageGoldens.Cases.Where(golden => golden.File == file))
        {
            Assert.Equal((golden.Decoded[0], golden.Decoded[1]), (image.Width, image.Height));
            var resized = ResamplingReference.Resize(
                image.Pixels, image.Width, image.Height, golden.Width, golden.Height, ResamplingFilter.Bicubic);
            Assert.True(ImageGoldens.Decode(golden.Expected).Pixels.AsSpan().SequenceEqual(resized), $"{golden.Expected} differs");
        }
    }

    [Theory, MemberData(nameof(BadFiles))]
    public void A_bad_file_is_refused_by_name_and_without_much_memory(string file)
    {
        var path = ImageGoldens.PathOf(file);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<ImageException>(() => ImageDecoder.Decode(path));
        Assert.StartsWith(path + ": ", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Theory]
    [InlineData("bad-bomb.png", "100000×100000")]
    [InlineData("bad-empty.png", "empty")]
    [InlineData("bad-truncated.jpg", "cut off")]
    [InlineData("bad-truncated.png", "cut off")]
    [InlineData("bad-text.jpg", "'this is '")]
    [InlineData("bad-crc.png", "damaged")]
    public void A_refusal_says_what_is_wrong(string file, string reason) =>
        Assert.Contains(reason, Assert.Throws<ImageException>(() => ImageGoldens.Decode(file)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("\0\0\0\u0018ftypheic\0\0\0\0mif1heic", "HEIC is not read: convert it to PNG, with 'heif-convert")]
    [InlineData("\0\0\0\u0018ftypmif1\0\0\0\0mif1heic", "HEIC")]
    [InlineData("\0\0\0\u0018ftypavif", "AVIF")]
    [InlineData("\0\0\0\u0018ftypmif1\0\0\0\0mif1avif", "AVIF is not read: convert it to PNG, with 'avifdec")]
    [InlineData("\0\0\0\u0010ftypmp42", "MP4 is not read: it is a video")]
    [InlineData("\0\0\0\u0018ftypisom\0\0\0\0isomavc1", "MP4")]
    [InlineData("\0\0\0\u0014ftypqt  \0\0\0\0qt  ", "MOV is not read: it is a video")]
    [InlineData("\0\0\0\u0008wide\0\0\0\0mdat", "MOV")]
    [InlineData("\0\0\0\u0018ftypcrx \0\0\0\u0001crx isom", "CR3 is not read: it is a camera's raw file")]
    [InlineData("RIFF\0\0\0\0AVI LIST", "AVI")]
    [InlineData("II*\0", "damaged")]
    [InlineData("P7\nWIDTH 1\n", "PAM")]
    [InlineData("%PDF-1.7", "PDF")]
    [InlineData("version https://git-lfs.github.com/spec/v1", "git lfs pull")]
    public void A_format_that_is_not_read_is_named(string bytes, string name) =>
        Assert.Contains(name, Assert.Throws<ImageException>(() => ImageDecoder.Decode([.. bytes.Select(c => (byte)c)])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Bytes_streams_and_files_give_the_same()
    {
        var path = ImageGoldens.PathOf("exif-6.jpg");
        var expected = ImageDecoder.Decode(path).Pixels;
        Assert.Equal(expected, ImageDecoder.Decode(File.ReadAllBytes(path)).Pixels);
        using var stream = new Trickle(File.ReadAllBytes(path));
        Assert.Equal(expected, ImageDecoder.Decode(stream).Pixels);
    }

    [Fact]
    public void A_stream_that_fails_is_an_error_with_its_name()
    {
        using var stream = new Trickle(File.ReadAllBytes(ImageGoldens.PathOf("rgb.png"))) { FailsAt = 1000 };
        var error = Assert.Throws<ImageException>(() => ImageDecoder.Decode(stream, "standard input"));
        Assert.Equal("standard input: reading failed: the line went dead.", error.Message);
    }

    [Fact]
    public void Limits_are_kept()
    {
        var path = ImageGoldens.PathOf("rgb.png");
        Assert.Contains("MaxPixels", Assert.Throws<ImageException>(
            () => ImageDecoder.Decode(path, new ImageDecoderOptions { MaxPixels = (123 * 77) - 1 })).Message, StringComparison.Ordinal);
        Assert.Equal(123, ImageDecoder.Decode(path, new ImageDecoderOptions { MaxPixels = 123 * 77 }).Width);
        Assert.Contains("1000 bytes", Assert.Throws<ImageException>(
            () => ImageDecoder.Decode(path, new ImageDecoderOptions { MaxFileBytes = 1000 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_and_a_folder_are_refused()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("folder", Assert.Throws<ImageException>(() => ImageDecoder.Decode(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("no such file",
            Assert.Throws<ImageException>(() => ImageDecoder.Decode(Path.Combine(folder.Path, "a", "b.png"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Sixteen_bits_are_scaled_to_eight()
    {
        var image = ImageDecoder.Decode(Pngs.Gray16([0, 128, 257, 0x7FFF, 0x8000, 0xFEFF, 0xFFFF]));
        var values = Enumerable.Range(0, image.Width).Select(x => (int)image.Pixels[3 * x]).ToArray();
        Assert.Equal([0, 0, 1, 127, 128, 254, 255], values);
    }

    [Fact]
    public void A_image_in_an_icon_file_is_read()
    {
        var png = Pngs.Gray8(2, "abcdef", orientation: 0);
        // One entry of 2×3 pixels and 32 bits; the file begins behind it.
        byte[] icon = [0, 0, 1, 0, 1, 0, 2, 3, 0, 0, 1, 0, 32, 0, (byte)png.Length, 0, 0, 0, 22, 0, 0, 0, .. png];
        Assert.Equal(ImageDecoder.Decode(png).Pixels, ImageDecoder.Decode(icon).Pixels);
    }

    [Theory]
    [InlineData(1, "abcdef", 2), InlineData(2, "badcfe", 2), InlineData(3, "fedcba", 2), InlineData(4, "efcdab", 2)]
    [InlineData(5, "acebdf", 3), InlineData(6, "ecafdb", 3), InlineData(7, "fdbeca", 3), InlineData(8, "bdface", 3)]
    public void The_orientation_of_a_png_is_applied(int orientation, string upright, int width)
    {
        var image = ImageDecoder.Decode(Pngs.Gray8(2, "abcdef", orientation));
        Assert.Equal((width, upright), (image.Width, string.Concat(Enumerable.Range(0, 6).Select(i => (char)image.Pixels[3 * i]))));
    }

    [Fact]
    public void A_damaged_file_never_gives_anything_but_a_image_or_an_error()
    {
        byte[][] files = [.. ImageGoldens.Cases.Select(golden => golden.File).Distinct()
            .Select(file => File.ReadAllBytes(ImageGoldens.PathOf(file))).Where(file => file.Length < 20_000)];
        var refused = 0;
        Gen.Select(Gen.Int[0, files.Length - 1], Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte).Array[1, 8], Gen.Int[0, 1 << 20])
            .Sample((index, changes, length) =>
        {
            var file = files[index].AsSpan(0, length % 2 == 0 ? files[index].Length : length % files[index].Length).ToArray();
            foreach (var (at, value) in changes)
            {
                if (file.Length > 0)
                    file[at % file.Length] = value;
            }
            try
            {
                ImageDecoder.Decode(file, options: new ImageDecoderOptions { MaxPixels = 1 << 20 });
            }
            catch (ImageException)
            {
                Interlocked.Increment(ref refused);
            }
        }, iter: 2000);
        Assert.InRange(refused, 100, 2000);
    }

    [Fact]
    public void Threads_decode_side_by_side()
    {
        var files = ImageGoldens.Cases.Select(golden => golden.File).Distinct().ToArray();
        var expected = files.ToDictionary(file => file, file => ImageGoldens.Decode(file).Pixels);
        Parallel.For(0, 4 * files.Length,
            i => Assert.Equal(expected[files[i % files.Length]], ImageGoldens.Decode(files[i % files.Length]).Pixels));
    }

    /// <summary>A stream that cannot be rewound and gives few bytes at a time, as a pipe does.</summary>
    private sealed class Trickle(byte[] bytes) : Stream
    {
        private int position;

        public int FailsAt { get; init; } = int.MaxValue;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (position >= FailsAt)
                throw new IOException("the line went dead");
            var read = Math.Min(Math.Min(count, 7), bytes.Length - position);
            bytes.AsSpan(position, read).CopyTo(buffer.AsSpan(offset));
            position += read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
