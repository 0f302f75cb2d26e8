using Blip.Cli;
using Blip.Cli.Output;

namespace Blip.Tests.Cli;

/// <summary>Files of <c>--output</c>: no finished result is lost, however the run ends.</summary>
public sealed class OutputFileTests : IDisposable
{
    private static readonly RecordShape Shape = CaptionForm.Shape;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string At(string name) => Path.Combine(folder.Path, name);

    private static Task<CliRun> Caption(params string[] arguments) =>
        CliRun.Of(["caption", "--model", Demo.Model, "--device", "cpu", .. arguments]);

    /// <summary>A shell makes "--output photos/*.png" the first image as the output, and the others as inputs.</summary>
    [Theory]
    [InlineData("caption", "--output"), InlineData("caption", "--attention-html"), InlineData("embed", "--output")]
    public async Task An_image_is_not_written_over(string command, string option)
    {
        var image = folder.Write("a.jpeg", File.ReadAllBytes(Demo.Sample("00.png")));

        (await CliRun.Of(command, Demo.Sample("01.png"), option, image, "--device", "cpu")).Refused(option, image, "would be lost");
        if (option == "--output")
            (await CliRun.Of(command, Demo.Sample("01.png"), option, image, "--device", "cpu", "--overwrite"))
                .Refused(option, image, "would be lost");

        Assert.Equal(File.ReadAllBytes(Demo.Sample("00.png")), File.ReadAllBytes(image));
    }

    [Fact]
    public async Task Older_results_are_replaced_on_request_alone()
    {
        var file = folder.Write("out.txt", "older results");
        (await Caption(Demo.Sample("00.png"), "--output", file)).Refused("--overwrite", "--resume", file);
        Assert.Equal("older results", File.ReadAllText(file));
        (await Caption(Demo.Sample("00.png"), "--output", file, "--overwrite")).Succeeded();
        Assert.Equal("a large white ring on a cyan background\n", File.ReadAllText(file));
        Assert.Equal([file], Directory.GetFiles(folder.Path));

        var other = folder.Write("scores.txt", "older scores");
        (await CliRun.Of("eval", "caption", "--annotations", Demo.Sample("captions.json"), "--results", file, "--output", other))
            .Refused("--overwrite");
    }

    [Fact]
    public async Task A_link_stays_a_link_and_a_file_keeps_who_may_read_it()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("links and modes are Unix's");
            return;
        }
        var file = folder.Write("real.jsonl", "older");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.CreateSymbolicLink(At("link.jsonl"), file);
        (await Caption(Demo.Sample("00.png"), "--output", At("link.jsonl"), "--overwrite")).Succeeded();
        Assert.Equal(file, File.ResolveLinkTarget(At("link.jsonl"), returnFinalTarget: true)?.FullName);
        Assert.Contains("white ring", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task Devices_and_empty_files_are_written_to()
    {
        var vectors = folder.Write("out.npy", "");
        (await CliRun.Of("embed", Demo.Sample("00.png"), "--model", DemoMatching.Model, "--device", "cpu", "--output", vectors))
            .Succeeded();
        Assert.InRange(new FileInfo(vectors).Length, 64, long.MaxValue);
        if (File.Exists("/dev/null"))
            (await Caption(Demo.Sample("00.png"), "--output", "/dev/null")).Succeeded();
    }

    [Fact]
    public async Task A_name_chooses_the_format_and_must_not_contradict_it()
    {
        foreach (var (name, start) in new[] { ("a.jsonl", "{\"path\":"), ("a.json", "[\n{\"path\":"), ("a.csv", "path,caption"),
            ("a.txt", "a large"), ("a.log", "a large"), ("a.JSON", "[\n") })
        {
            (await Caption(Demo.Sample("00.png"), "--output", At(name))).Succeeded();
            Assert.StartsWith(start, File.ReadAllText(At(name)), StringComparison.Ordinal);
        }
        (await Caption(Demo.Sample("00.png"), "--output", At("b.csv"), "--format", "csv")).Succeeded();
        (await Caption(Demo.Sample("00.png"), "--output", At("c.csv"), "--format", "json")).Refused("--format is json", ".csv");
        (await Caption(Demo.Sample("00.png"), "--output", At("c.npy"))).Refused(".npy", "text, json, jsonl, csv");
        (await CliRun.Of("eval", "caption", "--annotations", "x.json", "--results", "y.json", "--output", At("c.csv")))
            .Refused(".csv", "text, json");
        Assert.False(File.Exists(At("c.csv")));
    }

    [Fact]
    public async Task A_hyphen_is_standard_output()
    {
        Assert.Equal("a large white ring on a cyan background\n", (await Caption(Demo.Sample("00.png"), "--output", "-")).Succeeded());
        Assert.False(File.Exists("-"));
        (await CliRun.Of("embed", Demo.Sample("00.png"), "--format", "npy", "--output", "-")).Refused("npy", "--output");
        (await Caption(Demo.Sample("00.png"), "--output", "-", "--resume")).Refused("--resume", "--output");
    }

    [Fact]
    public async Task Options_that_are_about_nothing_are_refused()
    {
        (await Caption(Demo.Sample("00.png"), "--overwrite")).Refused("--overwrite", "--output", "--sidecar");
        (await Caption(Demo.Sample("00.png"), "--resume")).Refused("--resume", "--output");
        (await Caption(Demo.Sample("00.png"), "--output", At("a.jsonl"), "--retry-failed")).Refused("--retry-failed", "--resume");
        (await Caption(Demo.Sample("00.png"), "--output", At("a.jsonl"), "--resume", "--overwrite")).Refused("--resume", "--overwrite");
        (await Caption(Demo.Sample("00.png"), "--output", At("a.json"), "--resume")).Refused("--resume", "jsonl and csv", "json");
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Theory]
    [InlineData("jsonl"), InlineData("csv")]
    public void What_a_kill_left_anywhere_is_gone_on_with(string format)
    {
        string[] lines = format == "csv"
            ? ["path,caption,tokens,score,error\r\n", "a.png,\"one \"\"x\"\",\r\ntwo\",1 2,-1,\r\n", "b.png,,,,\"no, image\"\r\n",
                "c.png,three,3,-2,\r\n"]
            : ["", "{\"path\":\"a.png\",\"caption\":\"one\\ntwo\"}\n", "{\"path\":\"b.png\",\"error\":\"no image\"}\n",
                "{\"path\":\"c.png\",\"caption\":\"three\"}\n"];
        var whole = System.Text.Encoding.UTF8.GetBytes(string.Concat(lines));
        var file = At($"out.{format}");
        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllText(file, "older results");
            File.WriteAllBytes($"{file}.partial", whole[..length]);
            var finished = Enumerable.Range(0, lines.Length)
                .Last(count => string.Concat(lines.Take(count + 1)).Length <= length || count == 0);
            if (length < lines[0].Length)
                finished = 0;
            using (var results = ResultFile.Open(
                file, format, new ResultFileOptions(Overwrite: false, Resume: true, RetryFailed: false, Shape)))
            {
                // Not every record of a table's last input may be there.
                var kept = format == "csv" ? Math.Max(0, finished - 1) : finished;
                Assert.Equal(Enumerable.Range(0, 3).Select(i => i < kept),
                    new[] { "a.png", "b.png", "c.png" }.Select(results.Earlier.Holds));
                Assert.Equal(kept >= 2 ? 1 : 0, results.Earlier.Failed);
                foreach (var line in lines.Skip(results.GoesOn ? kept + 1 : 0))
                    results.Writer.Write(line);
                Assert.Equal("older results", File.ReadAllText(file));
                Assert.Null(results.Finish(complete: true));
            }
            Assert.Equal(whole, File.ReadAllBytes(file));
            Assert.Equal([file], Directory.GetFiles(folder.Path));
        }
    }

    [Fact]
    public void A_run_that_did_not_end_leaves_the_older_file_and_what_it_has_done()
    {
        var file = folder.Write("out.jsonl", "{\"path\":\"a.png\",\"caption\":\"old\"}\n");
        var overwrite = new ResultFileOptions(Overwrite: true, Resume: false, RetryFailed: false, Shape);
        using (var results = ResultFile.Open(file, "jsonl", overwrite))
        {
            results.Writer.Write("{\"path\":\"b.png\",\"caption\":\"new\"}\n");
            Assert.Contains(".partial", results.Finish(complete: false), StringComparison.Ordinal);
        }
        Assert.Equal("{\"path\":\"a.png\",\"caption\":\"old\"}\n", File.ReadAllText(file));
        Assert.Equal("{\"path\":\"b.png\",\"caption\":\"new\"}\n", File.ReadAllText(file + ".partial"));
        File.Delete(file);
        var refused = Assert.Throws<UsageException>(() => ResultFile.Check(file, overwrite with { Overwrite = false }));
        Assert.Contains("--resume", refused.Message, StringComparison.Ordinal);
        Assert.Contains("out.jsonl.partial", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_runs_do_not_write_to_one_file()
    {
        var options = new ResultFileOptions(Overwrite: false, Resume: true, RetryFailed: false, Shape);
        using var first = ResultFile.Open(At("out.jsonl"), "jsonl", options);
        Assert.Contains("another process", Assert.Throws<UsageException>(() => ResultFile.Open(At("out.jsonl"), "jsonl", options)).Message,
            StringComparison.Ordinal);
        first.Writer.Write("{\"path\":\"a.png\",\"caption\":\"x\"}\n");
        first.Finish(complete: true);
        first.Dispose();
        using var second = ResultFile.Open(At("out.jsonl"), "jsonl", options);
        Assert.Contains("another process", Assert.Throws<UsageException>(() => ResultFile.Open(At("out.jsonl"), "jsonl", options)).Message,
            StringComparison.Ordinal);
        Assert.True(second.Earlier.Holds("a.png"));
    }

    [Theory]
    [InlineData("jsonl", "{\"path\":\"a.png\",\"text\":\"x\",\"match_probability\":1}\n", "it has no 'caption'")]
    [InlineData("jsonl", "words\n", "no JSON object")]
    [InlineData("jsonl", "[1]\n", "no JSON object")]
    [InlineData("csv", "path,text\r\n", "its columns are path,text")]
    [InlineData("csv", "path,caption,tokens,score,error\r\na.png,x\r\n", "it has 2 fields")]
    public void Records_of_another_command_are_not_gone_on_with(string format, string content, string words)
    {
        var file = folder.Write($"out.{format}", content);
        var refused = Assert.Throws<UsageException>(
            () => ResultFile.Open(file, format, new ResultFileOptions(Overwrite: false, Resume: true, RetryFailed: false, Shape)));
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.Contains(file, refused.Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(file));
        Assert.Equal([file], Directory.GetFiles(folder.Path));
    }
}
