using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;
using Blip.Tests.Imaging;

namespace Blip.Tests.Pipelines;

/// <summary>Images that take much memory, or that cannot be had: each is its own result, and waiting ones are bounded.</summary>
public class ImageMemoryTests
{
    private const int Side = 100;

    private static readonly byte[] Png = Pngs.Gray8(Side, new string('g', Side * Side), orientation: 0);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1L)]
    [InlineData(7L * Side * Side * 2)]
    [InlineData(512L << 20)]
    public async Task Images_come_in_order_and_hold_no_more_than_the_limit_or_one_of_them(long limit)
    {
        var readahead = new ImageReadahead(4, new CaptionerOptions { MaxWaitingBytes = limit });
        var sources = Enumerable.Range(0, 20).Select(i => ImageSource.FromBytes(Png, $"{i}")).ToAsyncEnumerable();
        var names = new List<string>();
        await foreach (var group in readahead.GroupsAsync(sources, source => source, (_, decoded) => decoded, groupsAhead: 1, Token))
        {
            var (most, pixels) = (Math.Max(limit, 7L * Side * Side + Png.Length), 3L * Side * Side * group.Items.Count);
            Assert.Equal(pixels, group.Bytes);
            Assert.InRange(group.Items.Count, 1, 4);
            Assert.InRange(pixels, 1, most);
            Assert.All(group.Items, image => Assert.Equal(Side, image.Image!.Width));
            names.AddRange(group.Items.Select(image => image.Source.Name));
            readahead.Release(group.Bytes);
        }
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), names);
    }

    [Fact]
    public async Task No_second_image_is_decoded_while_the_first_holds_the_limit()
    {
        var decoded = 0;
        var readahead = new ImageReadahead(4, new CaptionerOptions { MaxWaitingBytes = 1 });
        var sources = Enumerable.Range(0, 5).Select(i => ImageSource.FromBytes(Png, $"{i}")).ToAsyncEnumerable();
        await foreach (var group in readahead.GroupsAsync(
            sources, source => source, (_, _) => Interlocked.Increment(ref decoded), groupsAhead: 3, Token))
        {
            await Task.Delay(20, Token);
            Assert.Equal(group.Items[0], Volatile.Read(ref decoded));
            readahead.Release(group.Bytes);
        }
        Assert.Equal(5, decoded);
    }

    [Fact]
    public async Task Whatever_a_stream_throws_is_its_own_result()
    {
        using var captioner = Captioner.Load(
            Demo.Model, new CaptionerOptions { Device = "cpu", BatchSize = 2, Images = new ImageDecoderOptions { MaxPixels = 300 * 300 } });
#pragma warning disable CA2201 // A decoder's exception when memory is short.
        Exception[] exceptions =
        [
            new HttpRequestException("the server is gone"), new ObjectDisposedException("stream"), new OutOfMemoryException(),
                new TaskCanceledException("too late"),
            new InvalidOperationException("odd"),
        ];
#pragma warning restore CA2201
        ImageSource[] sources =
        [
            Demo.Sample("00.png"),
            .. exceptions.Select((exception, i) => ImageSource.FromStream(() => throw exception, $"{i}")),
            .. exceptions.Select((exception, i) => ImageSource.FromStream(() => new Failing(exception), $"{exceptions.Length + i}")),
            ImageSource.FromBytes(Pngs.Gray8(301, new string('g', 301 * 300), orientation: 0), "large"),
            Demo.Sample("00.png"),
        ];
        var results = await captioner.CaptionAllAsync(sources, cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(sources.Length, results.Count);
        Assert.Equal("a large white ring on a cyan background", results[0].Caption?.Text);
        Assert.Equal(results[0].Caption!.Text, results[^1].Caption?.Text);
        Assert.All(results[1..^1], (result, i) => Assert.StartsWith(i < 10 ? $"{i}: " : "large: ", result.Error, StringComparison.Ordinal));
        Assert.Contains("the server is gone", results[1].Error, StringComparison.Ordinal);
        Assert.Contains("not enough memory", results[8].Error, StringComparison.Ordinal);
        Assert.Contains("--max-pixels", results[^2].Error, StringComparison.Ordinal);
        Assert.Throws<ImageException>(() => captioner.Caption(sources[1], cancellationToken: Token));
    }

    [Fact]
    public async Task Calls_that_come_together_wait_for_each_other_and_all_end()
    {
        using var captioner = Captioner.Load(Demo.Model, new CaptionerOptions { Device = "cpu", MaxWaitingBytes = 1 });
        var captions = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => captioner.CaptionAsync(Demo.Sample("03.png"), cancellationToken: Token)));
        Assert.All(captions, caption => Assert.Equal("a small black square on a brown background", caption.Text));
    }

    [Fact]
    public void A_name_that_is_no_utf8_is_told_with_a_way_out()
    {
        var error = Assert.Throws<ImageException>(() => ImageDecoder.Decode("caf\uFFFD.png")).Message;
        Assert.Contains("not UTF-8", error, StringComparison.Ordinal);
        Assert.Contains("standard input", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MaxWaitingBytes")]
    [InlineData("MaxPixels")]
    [InlineData("MaxFileBytes")]
    public void A_limit_of_nothing_is_refused_by_name(string name)
    {
        var options = new CaptionerOptions
        {
            MaxWaitingBytes = name == "MaxWaitingBytes" ? 0 : 1,
            Images = new ImageDecoderOptions { MaxPixels = name == "MaxPixels" ? 0 : 1, MaxFileBytes = name == "MaxFileBytes" ? 0 : 1 },
        };
        Assert.Equal(name, Assert.Throws<ArgumentException>(options.Validate).ParamName);
    }

    /// <summary>A stream that opens and cannot be read.</summary>
    private sealed class Failing(Exception exception) : MemoryStream
    {
        public override int Read(byte[] buffer, int offset, int count) => throw exception;

        public override int Read(Span<byte> buffer) => throw exception;
    }
}
