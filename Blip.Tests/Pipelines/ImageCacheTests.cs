using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

public sealed class ImageCacheTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // "a star" is read over the image, so that the keys and values of its layers are there, too.
    private static long BytesOfOne(Matcher matcher)
    {
        using var image = matcher.Encode(Demo.Paths[0], Token);
        matcher.Match(image, "a star", cancellationToken: Token);
        return image.Bytes;
    }

    private static Matcher Load(long bytes) =>
        Matcher.Load(DemoMatching.Model, new MatcherOptions { Device = "cpu", ImageCacheBytes = bytes });

    private static long OneImage()
    {
        using var matcher = Load(0);
        return BytesOfOne(matcher);
    }

    [Fact]
    public void The_same_file_is_encoded_once_and_a_changed_one_again()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "image.png");
        File.Copy(Demo.Paths[0], path);
        using var matcher = Load(100L << 20);
        var first = matcher.Match(path, "a star", cancellationToken: Token);
        Assert.Equal(first, matcher.Match(path, "a star", cancellationToken: Token));
        Assert.Equal(1, matcher.Cache.Count);

        File.Copy(Demo.Paths[1], path, overwrite: true);
        var second = matcher.Match(path, "a star", cancellationToken: Token);
        Assert.NotEqual(first, second);
        Assert.Equal(matcher.Match(Demo.Paths[1], "a star", cancellationToken: Token), second);
    }

    [Fact]
    public void A_link_is_what_it_leads_to()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "making links takes rights on Windows");
        using var folder = new TemporaryFolder();
        var link = Path.Combine(folder.Path, "link.png");
        File.CreateSymbolicLink(link, Demo.Paths[0]);
        using var matcher = Load(100L << 20);
        var first = matcher.Match(link, "a star", cancellationToken: Token);
        File.Delete(link);
        File.CreateSymbolicLink(link, Demo.Paths[1]);
        Assert.NotEqual(first, matcher.Match(link, "a star", cancellationToken: Token));
        Assert.Equal(first, matcher.Match(Demo.Paths[0], "a star", cancellationToken: Token));
        Assert.Equal(2, matcher.Cache.Count);
    }

    [Fact]
    public void The_same_bytes_are_encoded_once_whatever_they_are_called()
    {
        using var matcher = Load(100L << 20);
        var bytes = File.ReadAllBytes(Demo.Paths[0]);
        var first = matcher.Match(ImageSource.FromBytes(bytes, "one"), "a star", cancellationToken: Token);
        Assert.Equal(first, matcher.Match(ImageSource.FromBytes([.. bytes], "two"), "a star", cancellationToken: Token));
        Assert.Equal(1, matcher.Cache.Count);
    }

    [Fact]
    public void The_limit_holds_and_the_oldest_go_first()
    {
        var one = OneImage();
        using var matcher = Load((3 * one) + (one / 2));
        var memory = new List<(long, int)>();
        // The first round meets images of sizes that are new to it.
        for (var round = 0; round < 3; round++)
        {
            foreach (var path in Demo.Paths)
            {
                matcher.Match(path, "a star", cancellationToken: Token);
                Assert.InRange(matcher.Cache.Bytes, one, 3 * one);
            }
            Assert.Equal(3, matcher.Cache.Count);
            memory.Add(matcher.DeviceMemory);
        }
        Assert.Equal(memory[1], memory[2]);
    }

    [Fact]
    public void What_was_used_last_stays()
    {
        using var matcher = Load((2 * OneImage()) + 1);
        var identities = Demo.Paths[..3].Select(path => ((ImageSource)path).Identity()!).ToArray();
        matcher.Match(Demo.Paths[0], "a star", cancellationToken: Token);
        matcher.Match(Demo.Paths[1], "a star", cancellationToken: Token);
        matcher.Match(Demo.Paths[0], "a ring", cancellationToken: Token);
        matcher.Match(Demo.Paths[2], "a star", cancellationToken: Token);
        Assert.NotNull(matcher.Cache.Find(identities[0]));
        Assert.Null(matcher.Cache.Find(identities[1]));
        Assert.NotNull(matcher.Cache.Find(identities[2]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_limit_that_holds_no_image_keeps_none(long limit)
    {
        using var matcher = Load(limit);
        matcher.Match(Demo.Paths[0], "a star", cancellationToken: Token);
        matcher.Match(Demo.Paths[0], "a ring", cancellationToken: Token);
        Assert.Equal(0, matcher.Cache.Count);
    }

    [Fact]
    public void Streams_and_files_that_are_not_there_leave_nothing()
    {
        using var matcher = Load(100L << 20);
        matcher.Match(ImageSource.FromStream(() => File.OpenRead(Demo.Paths[0])), "a star", cancellationToken: Token);
        Assert.Throws<Blip.Runtime.Imaging.ImageException>(() => matcher.Match("no/such/file.png", "a star", cancellationToken: Token));
        Assert.Equal(0, matcher.Cache.Count);
    }
}
