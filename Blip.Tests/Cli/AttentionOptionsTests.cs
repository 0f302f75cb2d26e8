using System.Text.RegularExpressions;
using Blip.Cli.Output;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;

namespace Blip.Tests.Cli;

/// <summary>Where words looked, from the command line: images and a page, for captions, matches and answers.</summary>
public class AttentionOptionsTests
{
    private static WordAttention Word(string word) => new(word, 1, 1, [1f]);

    private static string Image => Repository.Absolute("weights/samples/01.png");

    [Theory]
    [InlineData("caption", "", "cross-attention", 14)]
    [InlineData("caption", "", "rollout", 14)]
    [InlineData("match", "--text|a large green star left of a small red star on a cyan background|--text|a ring", "cross-attention", 16)]
    [InlineData("match", "--text|a large green star left of a small red star on a cyan background|--text|a ring", "grad-cam", 16)]
    [InlineData("match", "--text|a ring", "rollout", 2)]
    [InlineData("ask", "--question|what color is the background?", "cross-attention", 6)]
    [InlineData("ask", "--question|what color is the background?", "rollout", 6)]
    public async Task Every_word_has_a_image_and_its_heat_on_the_page(string command, string words, string method, int expected)
    {
        using var folder = new TemporaryFolder();
        var (maps, page) = (Path.Combine(folder.Path, "maps"), Path.Combine(folder.Path, "page.html"));
        var run = await CliRun.Of(
            [command, Image, .. words.Split('|', StringSplitOptions.RemoveEmptyEntries), "--device", "cpu", "--attention-map", maps,
            "--attention-html", page, "--attention-method", method]);
        Assert.Equal(0, run.ExitCode);
        var files = Directory.GetFiles(maps, "*.png", SearchOption.AllDirectories);
        var html = await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken);
        Assert.Equal(expected, files.Count(file => Path.GetFileName(file) != "contact-sheet.png"));
        Assert.Equal(expected + 1, files.Length);
        Assert.Equal(expected, Regex.Count(html, "class=\"heat\""));
        Assert.EndsWith("</html>\n", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_of_like_names_have_folders_of_their_own_and_none_leaves_the_folder()
    {
        using var folder = new TemporaryFolder();
        var root = Path.Combine(folder.Path, "maps");
        var mine = folder.Write("maps/mine/01-beach.png", "somebody's own");
        var image = new RgbImage(64, 64, new byte[3 * 64 * 64]);
        var names = new[] { "photo.png", "b/photo.png", "photo-2.png", "...png", "..", ".png", "-", "mine.png" };
        for (var run = 0; run < 2; run++)
        {
            var maps = AttentionMapFolder.Open(root)!;
            foreach (var name in names)
                maps.Save(name, image,
                    [new WordLine("caption", [.. (run == 0 ? (string[])["a", "long", "sentence"] : ["a", "star"]).Select(Word)])]);
        }
        Assert.Equal("somebody's own", File.ReadAllText(mine));
        Assert.Equal([root], Directory.GetFileSystemEntries(folder.Path));
        var folders = Directory.GetDirectories(root).Where(at => Path.GetFileName(at) != "mine").ToList();
        Assert.Equal(names.Length, folders.Count);
        // No word of the first run is left.
        Assert.All(folders, at =>
            Assert.Equal(["01-a.png", "02-star.png", "contact-sheet.png"],
                Directory.GetFiles(at, "*.png").Select(Path.GetFileName).Order()));
    }

    [Fact]
    public async Task On_a_common_scale_a_word_that_looked_nowhere_in_particular_is_dark()
    {
        using var folder = new TemporaryFolder();
        foreach (var scale in (string[][])[[], ["--attention-common-scale"]])
        {
            var maps = Path.Combine(folder.Path, $"maps{scale.Length}");
            var run = await CliRun.Of(
                ["caption", Image, "--device", "cpu", "--attention-map", maps, "--attention-html", $"{maps}.html", .. scale]);
            Assert.Equal(0, run.ExitCode);
        }
        // "of" spreads its weight over all patches; the second "star" has the greatest weight of all, on one.
        Assert.True(Difference("01/06-of.png") > 60);
        Assert.True(Difference("01/10-star.png") < 20);
        Assert.NotEqual(File.ReadAllText(Path.Combine(folder.Path, "maps0.html")),
            File.ReadAllText(Path.Combine(folder.Path, "maps1.html")));

        // The most that a pixel of the map changes; right of it are the numbers.
        int Difference(string name)
        {
            var images = Enumerable.Range(0, 2).Select(run => ImageDecoder.Decode(Path.Combine(folder.Path, $"maps{run}", name))).ToList();
            var width = Math.Min(images[0].Width, images[1].Width) - 100;
            return Enumerable.Range(0, images[0].Height * width).Max(i => Math.Abs(Red(images[0], i) - Red(images[1], i)));

            int Red(RgbImage image, int i) => image.Pixels[3 * ((i / width * image.Width) + (i % width))];
        }
    }

    [Theory]
    [InlineData("--attention-method grad-cam --attention-map maps",
        "--attention-method is 'grad-cam'; give one of cross-attention, rollout.")]
    [InlineData("--attention-html no/such/folder/page.html", "--attention-html is 'no/such/folder/page.html', and there is no folder")]
    [InlineData("--attention-layer 1", "--attention-layer")]
    public async Task What_cannot_be_done_is_named(string options, string message)
    {
        var run = await CliRun.Of(["caption", Image, "--device", "cpu", .. options.Split(' ')]);
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_layer_that_is_not_there_and_what_changes_nothing_are_named()
    {
        using var folder = new TemporaryFolder();
        string[] line = ["match", Image, "--text", "a ring", "--device", "cpu"];
        var missing = await CliRun.Of(
            [.. line, "--attention-html", Path.Combine(folder.Path, "page.html"), "--attention-method", "grad-cam", "--attention-layer",
            "3"]);
        Assert.NotEqual(0, missing.ExitCode);
        Assert.Contains("--attention-layer is 3; the text encoder has layers 0 to 2", missing.Error, StringComparison.Ordinal);
        var idle = await CliRun.Of([.. line, "--attention-method", "rollout", "--attention-layer", "1", "--attention-common-scale"]);
        Assert.Equal(0, idle.ExitCode);
        Assert.Contains("--attention-method changes nothing without --attention-map or --attention-html", idle.Error,
            StringComparison.Ordinal);
        Assert.Contains("--attention-common-scale changes nothing without --attention-map or --attention-html", idle.Error,
            StringComparison.Ordinal);
        Assert.Contains("--attention-layer changes nothing without --attention-method grad-cam", idle.Error, StringComparison.Ordinal);
    }
}
