using System.CommandLine;
using Blip.Cli;
using Blip.Cli.Options;
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
        var run = await CliRun.Of("caption", Demo.Paths[0], "--model", Demo.Model, "--device", "cpu", option, file, "--verbose");

        Assert.Equal(2, run.ExitCode);
        // A model that is loaded says where it runs.
        Assert.DoesNotContain("it runs on", run.Error, StringComparison.Ordinal);
        Assert.Contains($"{option} is '{file}', which exists and was not written by {option}", run.Error, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(file));

        File.Delete(file);
        for (var i = 0; i < 2; i++)
            (await CliRun.Of("caption", Demo.Paths[0], "--model", Demo.Model, "--device", "cpu", option, file)).Succeeded();

        // A run that fails before its first image leaves it as it is.
        var own = File.ReadAllBytes(file);
        (await CliRun.Of("caption", Demo.Paths[0], "--model", Demo.Model, "--device", "cpu:9", option, file)).Refused();
        Assert.Equal(own, File.ReadAllBytes(file));
        Assert.Equal([file], Directory.GetFiles(folder.Path));
        if (File.Exists("/dev/null") && option != "--profile")
            (await CliRun.Of("caption", Demo.Paths[0], "--device", "cpu", option, "/dev/null")).Refused(option, "/dev/null");
    }

    [Fact]
    public async Task Two_results_do_not_go_to_one_file()
    {
        var file = Path.Combine(folder.Path, "new.json");
        (await CliRun.Of("caption", Demo.Paths[0], "--device", "cpu", "--output", file, "--profile", file))
            .Refused($"--output is '{file}', which is also the file of --profile");
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    /// <summary>.NET replaces bytes of an argument that are no text, and would write a file of another name.</summary>
    [Theory]
    [InlineData("caption x.png --output \uFFFD.jsonl", "--output")]
    [InlineData("caption x.png --attention-map \uFFFD", "--attention-map")]
    [InlineData("index x.png --index \uFFFD", "--index")]
    [InlineData("train caption x --output \uFFFD", "--output")]
    [InlineData("bootstrap run x --output \uFFFD", "--output")]
    [InlineData("bootstrap demo \uFFFD", "DIR")]
    public async Task A_name_that_is_not_UTF_8_is_not_written_to(string command, string name)
    {
        (await CliRun.Of(command.Split(' '))).Refused($"{name} is '\uFFFD", "is not UTF-8");
        Assert.False(Path.Exists("\uFFFD") || Path.Exists("\uFFFD.jsonl"));
    }

    /// <summary>Each option for a file or a folder is declared as written, or listed here as read.</summary>
    [Fact]
    public void Every_option_for_a_file_is_known_to_be_written_or_read()
    {
        string[] read =
        [
            "--adapter", "--annotations", "--answers", "--api-key-file", "--captioner-adapter", "--compare", "--filter-adapter", "--image",
            "--image-root", "--images", "--index", "--pairs", "--questions", "--results", "--scratch", "--sentences", "--texts", "--vocab",
        ];
        var terminal = new Terminal { Output = TextWriter.Null, Error = TextWriter.Null, OpenInput = () => Stream.Null };
        var unknown = All(new BlipRootCommand(terminal)).SelectMany(command => command.Options)
            .Where(option => option.HelpName?.Split(' ')[0] is "FILE" or "DIR")
            .Where(option => !WrittenFiles.IsWritten(option) && !read.Contains(option.Name))
            .Select(option => option.Name).Distinct();
        Assert.Empty(unknown);

        static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);
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
