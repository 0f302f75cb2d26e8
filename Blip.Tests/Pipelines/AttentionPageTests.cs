using System.Text.RegularExpressions;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;

namespace Blip.Tests.Pipelines;

public partial class AttentionPageTests
{
    [Fact]
    public void A_page_holds_its_images_and_loads_nothing()
    {
        var image = new RgbImage(40, 20, [.. Enumerable.Range(0, 2400).Select(i => (byte)i)]);
        var html = Write(page =>
        {
            page.Add("one.jpg", image, [new WordLine("caption", [Word("a"), Word("ring")]), new WordLine("text", [Word("ring")], "fits")]);
            page.Add("two.jpg", image, [new WordLine("caption", [Word("star")])]);
        });
        // Two images, and a layer of heat for each word.
        var sources = Source().Matches(html).Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(6, sources.Count);
        Assert.All(sources, source => Assert.StartsWith("data:image/", source, StringComparison.Ordinal));
        Assert.DoesNotMatch("(?i)https?://|<script|<link|url\\(|@import|onerror", html);
        Assert.Contains("aspect-ratio:40/20", html, StringComparison.Ordinal);
        Assert.Contains("fits", html, StringComparison.Ordinal);
        // One word at a time, each image by itself.
        Assert.Equal(4, Regex.Count(html, "name=\"p1\""));
        Assert.Equal(2, Regex.Count(html, "name=\"p2\""));
        Assert.EndsWith("</html>\n", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_images_are_those_that_were_given()
    {
        var image = new RgbImage(3, 2, [255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        var uri = ImageWriter.ToDataUri(image, 100);
        Assert.Equal(image.Pixels, Decode(uri).Pixels);
        var large = new RgbImage(300, 100, new byte[90000]);
        var small = Decode(ImageWriter.ToDataUri(large, 30));
        Assert.Equal((30, 10), (small.Width, small.Height));
        var layer = Decode(ImageWriter.ToDataUri(2, 1, Heatmap.Layer([0, 1], 1, 2)));
        Assert.Equal((2, 1), (layer.Width, layer.Height));
        Assert.True(layer.Pixels[3] > layer.Pixels[0], "heat is lighter");

        static RgbImage Decode(string uri) =>
            ImageDecoder.Decode(new MemoryStream(Convert.FromBase64String(uri[(uri.IndexOf(',') + 1)..])));
    }

    [Fact]
    public void What_users_wrote_stays_text()
    {
        var image = new RgbImage(1, 1, [1, 2, 3]);
        const string Evil = "\"><script>alert('x')</script>&";
        var html = Write(page => page.Add(Evil, image, [new WordLine(Evil, [Word(Evil)], Evil)]));
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.Equal(5, Regex.Count(html, "&lt;script&gt;"));
    }

    [Fact]
    public void Nothing_goes_behind_the_end()
    {
        var page = new AttentionPage(new StringWriter(), "t");
        page.Dispose();
        page.Dispose();
        Assert.Throws<InvalidOperationException>(() => page.Add("one", new RgbImage(1, 1, [1, 2, 3]), []));
    }

    private static string Write(Action<AttentionPage> write)
    {
        var text = new StringWriter { NewLine = "\n" };
        using (var page = new AttentionPage(text, "Where the model looked", leaveOpen: true))
            write(page);
        return text.ToString();
    }

    private static WordAttention Word(string word) => new(word, 2, 2, [0, 0.5f, 1, 0.25f]);

    [GeneratedRegex("src=\"([^\"]*)\"")]
    private static partial Regex Source();
}
