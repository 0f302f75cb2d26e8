using Blip.Runtime.Files;

namespace Blip.Tests.Cli;

/// <summary>Files that options write: none that the command reads, and none of another kind.</summary>
public sealed class WrittenFilesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("eval caption --annotations {0} --images {1} --save-results {0} --resume", "--save-results", "--annotations")]
    [InlineData("eval vqa --questions {0} --images {1} --save-results {0} --resume", "--save-results", "--questions")]
    [InlineData("eval caption --annotations {0} --images {1} --profile {0}", "--profile", "--annotations")]
    [InlineData("match {1}/00.png --texts {0} --output {0} --overwrite", "--output", "--texts")]
    public async Task A_file_that_is_read_is_not_written(string command, string writer, string reader)
    {
        var file = folder.Write("data.json", """[{"image": "00.png", "caption": "a ring"}]""");
        var link = Path.Combine(folder.Path, "link.json");
        File.CreateSymbolicLink(link, file);
        foreach (var name in (string[])[file, link])
        {
            var line = string.Format(null, command, "FILE", Path.GetDirectoryName(Demo.Paths[0])).Split(' ');
            // One of the two names is a link.
            var last = Array.LastIndexOf(line, "FILE");
            var run = await CliRun.Of([.. line.Select((word, i) => word == "FILE" ? (i == last ? name : file) : word), "--device", "cpu"]);

            Assert.Equal(2, run.ExitCode);
            Assert.Contains($"{writer} is '{name}', which is also the file of {reader}", run.Error, StringComparison.Ordinal);
        }
        Assert.Equal("""[{"image": "00.png", "caption": "a ring"}]""", File.ReadAllText(file));
    }

    [Theory]
    [InlineData("--attention-html", "mine.html", "<!doctype html>\n<html lang=\"en\"><title>Mine</title>")]
    [InlineData("--profile", "mine.json", """{"a": 1}""")]
    public async Task A_file_of_another_kind_stays_and_its_own_is_replaced(string option, string name, string content)
    {
        var file = folder.Write(name, content);
        var run = await CliRun.Of("caption", Demo.Paths[0], "--model", Demo.Model, "--device", "cpu", option, file);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"{option} is '{file}', which exists and was not written by {option}", run.Error, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(file));

        File.Delete(file);
        for (var i = 0; i < 2; i++)
            (await CliRun.Of("caption", Demo.Paths[0], "--model", Demo.Model, "--device", "cpu", option, file)).Succeeded();
    }

    [Fact]
    public void A_link_in_place_of_unfinished_results_is_refused()
    {
        var other = folder.Write("other.txt", "other");
        var partial = Path.Combine(folder.Path, "results.jsonl.partial");
        File.CreateSymbolicLink(partial, other);

        Assert.Throws<IOException>(() => ReplacedFile.GoOn(Path.Combine(folder.Path, "results.jsonl"), partial));
        Assert.Equal("other", File.ReadAllText(other));
    }

    [Fact]
    public async Task An_index_is_found_through_a_link()
    {
        var images = Path.Combine(folder.Path, "images");
        Directory.CreateDirectory(images);
        File.Copy(Demo.Paths[0], Path.Combine(images, "00.png"));
        Directory.CreateDirectory(Path.Combine(folder.Path, "links"));
        var (index, link) = (Path.Combine(folder.Path, "images.index"), Path.Combine(folder.Path, "links", "link.index"));
        (await CliRun.Of("index", images, "--index", index, "--device", "cpu")).Succeeded();
        File.CreateSymbolicLink(link, index);

        var found = (await CliRun.Of("search", "a ring", "--index", link, "--device", "cpu")).Succeeded();
        Assert.Equal((await CliRun.Of("search", "a ring", "--index", index, "--device", "cpu")).Succeeded(), found);
    }
}
