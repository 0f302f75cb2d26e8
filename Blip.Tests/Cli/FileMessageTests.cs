using System.CommandLine;
using Blip.Cli;
using Blip.Cli.Options;
using Blip.Runtime.Files;

namespace Blip.Tests.Cli;

/// <summary>Messages about files and texts name the fault, its place and the remedy, in words for people.</summary>
public sealed class FileMessageTests : IDisposable
{
    private const int TooManyWords = 700;

    // A vocabulary is also found in a folder, and a clip may be a folder of frames.
    private static readonly string[] TakeFolders = ["--vocab", "--image"];

    private readonly TemporaryFolder folder = new();

    private static string Long => string.Join(' ', Enumerable.Repeat("word", TooManyWords));

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_folder_in_place_of_a_file_is_told_by_every_option_that_reads_one()
    {
        var file = folder.Write("a.json", "{}");
        var root = new BlipRootCommand(new Terminal { Output = TextWriter.Null, Error = TextWriter.Null, OpenInput = () => Stream.Null });
        var read = Lines(root, [])
            .Where(line => line.Option.HelpName?.StartsWith("FILE", StringComparison.Ordinal) == true)
            .Where(line => !WrittenFiles.IsWritten(line.Option) && !TakeFolders.Contains(line.Option.Name)).ToList();
        Assert.All(read, line => Assert.Contains(
            root.Parse([.. line.Path, line.Option.Name, folder.Path, .. Beside(line.Path, line.Option.Name)]).Errors,
            error => error.Message.StartsWith(
                $"{line.Option.Name} is '{folder.Path}', which is a folder; give a file.", StringComparison.Ordinal)));
        Assert.Superset(
            new HashSet<string>
            {
                "--texts", "--questions", "--answers", "--annotations", "--results", "--compare", "--pairs", "--api-key-file", "--index",
            },
            read.Select(line => line.Option.Name).ToHashSet());

        // Without these, the command is refused before its options are looked at.
        string[] Beside(string[] path, string option) => (path, option) switch
        {
            (["trace"], "--compare") => [folder.Path],
            (["eval", "vqa"], "--results") => ["--questions", file],
            (["eval", "vqa"], not "--questions") => ["--questions", file, "--images", Demo.Samples],
            (["eval", ..], not "--results") => ["--images", Demo.Samples],
            _ => [],
        };

        static IEnumerable<(string[] Path, Option Option)> Lines(Command command, string[] path) =>
            command.Options.Select(option => (path, option))
                .Concat(command.Subcommands.SelectMany(below => Lines(below, [.. path, below.Name])));
    }

    [Fact]
    public async Task A_folder_is_no_label()
    {
        (await CliRun.Of("label", Demo.Sample("00.png"), "--labels", folder.Path)).Refused("--labels is", "which is a folder");
    }

    [Fact]
    public async Task A_text_of_a_file_is_named_by_its_line()
    {
        var texts = folder.Write("texts.txt", $"a dog\n\n{Long}\n");
        (await CliRun.Of("match", Demo.Sample("00.png"), "--texts", texts)).Refused($"{texts}, line 3: Text 'word", "tokens");
        (await CliRun.Of("match", Demo.Sample("00.png"), "--text", Long)).Refused("--text 'word");
        (await CliRun.Of("ask", Demo.Sample("00.png"), "--questions", texts)).Refused($"{texts}, line 3: Question 'word");
        var input = System.Text.Encoding.UTF8.GetBytes($"a dog\n{Long}\n");
        (await CliRun.Of(input, "match", Demo.Sample("00.png"), "--texts", "-")).Refused("standard input, line 2: Text 'word");

        var embedded = await CliRun.Of("embed", "--texts", texts, "--device", "cpu");
        Assert.Equal(1, embedded.ExitCode);
        Assert.Contains($"{texts}, line 3: Text 'word", embedded.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", embedded.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_label_of_a_file_is_named_by_its_line()
    {
        Task<CliRun> Label(string text) => CliRun.Of("label", Demo.Sample("00.png"), "--labels", folder.Write("labels.txt", text));
        (await Label("dog\ncat\n\ndog\n")).Refused("labels.txt", "'dog' on lines 1 and 4");
        (await Label($"dog\n{Long}\n")).Refused("labels.txt, line 2: Label ");
        (await Label("dog\n")).Refused("labels.txt", "one label");
        (await CliRun.Of("compare", "--pairs", folder.Write("pairs.tsv", "a\tb\tc\n\na\tb\n"), "--model", "x"))
            .Refused("pairs.tsv, line 3", "2 fields", "--pairs");
    }

    [Fact]
    public async Task A_second_writer_is_told_that_there_is_a_first()
    {
        var output = Path.Combine(folder.Path, "captions.txt");
        using var first = new FileStream($"{output}.partial", FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        first.WriteByte((byte)'a');
        first.Flush();
        (await CliRun.Of("caption", Demo.Sample("00.png"), "--output", output, "--overwrite"))
            .Refused("--output cannot be written: ", "captions.txt.partial: another process is using it.");
    }

    [Theory]
    [InlineData("PATH is missing, after 'caption'.", "caption")]
    [InlineData("DIR is missing, after 'status'.", "bootstrap", "status")]
    [InlineData("MODEL is missing, after 'info'.", "info")]
    [InlineData("--num-beams has no value; give --num-beams n.", "caption", "a.png", "--num-beams")]
    public async Task A_missing_argument_is_named(string message, params string[] arguments) =>
        (await CliRun.Of(arguments)).Refused(message);

    [Theory]
    [InlineData("{", "it ends early")]
    [InlineData("", "there is no JSON in it")]
    [InlineData("nonsense", "line 1: ")]
    [InlineData("{}", "it lacks '")]
    [InlineData("""{"format": "two"}""", "format: a value of another kind belongs there")]
    public async Task A_damaged_manifest_is_told_without_the_readers_own_words(string text, string reason)
    {
        folder.Write("run/bootstrap.json", text);
        var run = await CliRun.Of("bootstrap", "status", Path.Combine(folder.Path, "run"));
        run.Refused("bootstrap.json: the manifest cannot be read: ", reason);
        Assert.DoesNotContain("LineNumber", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Blip.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_demo_has_its_name_for_info_too()
    {
        var captioner = await CliRun.Of("info", "demo");
        Assert.Equal((await CliRun.Of("info", Demo.Model)).Succeeded(), captioner.Succeeded());
        Assert.Contains("--head retrieval", captioner.Error, StringComparison.Ordinal);
        Assert.Contains("itm_head", (await CliRun.Of("info", "demo", "--head", "retrieval")).Succeeded(), StringComparison.Ordinal);
        (await CliRun.Of("info", "demo", "--head", "nlvr")).Refused("no demo of the head 'nlvr'");
        (await CliRun.Of("serve", "--model", "demo")).Refused("three models", "caption=demo");
    }

    [Fact]
    public void Reasons_name_what_is_wrong()
    {
        var missing = Path.Combine(folder.Path, "none", "a.txt");
        Assert.Equal("it is a folder, and a file is expected", Reason(folder.Path));
        Assert.Equal("there is no such folder", Reason(missing));
        Assert.Equal("there is no such file", Reason(Path.Combine(folder.Path, "a.txt")));
        Assert.Equal("Read-only file system", FailureReason.Of(new IOException($"Read-only file system : '{missing}'")));
        Assert.Equal(
            $"{missing}: there is no such folder", FailureReason.WithPath(Assert.ThrowsAny<Exception>(() => File.ReadAllText(missing))));
        Assert.Equal("NumBeams is 0.", FailureReason.Sentence(new ArgumentException("NumBeams is 0.", "NumBeams")));

        static string Reason(string path) => FailureReason.Of(Assert.ThrowsAny<Exception>(() => File.ReadAllText(path)), path);
    }
}
