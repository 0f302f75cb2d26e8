using Blip.Cli.Input;
using Blip.Runtime.Imaging;

namespace Blip.Tests.Cli;

public sealed class InputExpansionTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("blip-inputs").FullName;

    public InputExpansionTests()
    {
        foreach (var name in new[] { "b.png", "a.JPG", "notes.txt", "deep/c.webp", "deep/er/d.gif", "deep/b.png", ".hidden/e.png", ".f.png",
            "empty/readme.md", "a[1]*.png" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(root, name))!);
            File.WriteAllText(Path.Join(root, name), name);
        }
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    private string[] Expand(params string[] arguments) =>
        [.. InputExpansion.Expand(
            [.. arguments.Select(argument => argument == "-" ? argument : Path.Join(root, argument))], () => Stream.Null)
            .Select(source => source.Name.Replace(root + "/", "", StringComparison.Ordinal))];

    [Fact]
    public void A_folder_is_its_images_at_any_depth_in_order() =>
        Assert.Equal(["a.JPG", "a[1]*.png", "b.png", "deep/b.png", "deep/c.webp", "deep/er/d.gif"], Expand(""));

    [Theory]
    [InlineData("*.png", "a[1]*.png b.png")]
    [InlineData("?.png", "b.png")]
    [InlineData("deep/*", "deep/b.png deep/c.webp")]
    [InlineData("*/*.png", "deep/b.png")]
    [InlineData("**/*.png", "a[1]*.png b.png deep/b.png")]
    [InlineData("**/er/*", "deep/er/d.gif")]
    [InlineData("d*p/**", "deep/b.png deep/c.webp deep/er/d.gif")]
    [InlineData(".*.png", ".f.png")]
    public void A_pattern_is_the_files_that_match_in_order(string pattern, string expected) =>
        Assert.Equal(expected.Split(' '), Expand(pattern));

    [Fact]
    public void A_file_that_is_there_wins_over_the_pattern_that_its_name_could_be() => Assert.Equal(["a[1]*.png"], Expand("a[1]*.png"));

    [Fact]
    public void Inputs_keep_their_order_and_may_come_twice() =>
        Assert.Equal(["notes.txt", "-", "b.png", "b.png"], Expand("notes.txt", "-", "b.png", "b.png"));

    [Theory]
    [InlineData("empty", "the folder holds no images")]
    [InlineData("nothing-*.png", "no file matches")]
    [InlineData("nowhere/*/x", "no file matches")]
    public void What_names_nothing_is_an_image_that_fails(string argument, string reason)
    {
        var source = Assert.Single(InputExpansion.Expand([Path.Join(root, argument)], () => Stream.Null));
        Assert.Equal(Path.Join(root, argument), source.Name);
        Assert.StartsWith($"{source.Name}: {reason}", Assert.Throws<ImageException>(() => source.Read(new ImageDecoderOptions())).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_that_leads_back_up_ends_nowhere()
    {
        Directory.CreateSymbolicLink(Path.Join(root, "deep", "up"), root);
        Assert.Equal(6, Expand("").Length);
        Assert.Equal(3, Expand("**/*.png").Length);
    }

    [Fact]
    public void Relative_patterns_give_relative_paths()
    {
        var here = Path.GetRelativePath(Environment.CurrentDirectory, root);
        Assert.Equal([Path.Join(here, "b.png")],
            InputExpansion.Expand([Path.Join(here, "?.png")], () => Stream.Null).Select(source => source.Name));
    }
}
