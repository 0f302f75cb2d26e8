namespace Blip.Tests.Cli;

/// <summary><c>--resume</c>: finished work is not done again, and the file equals one run's.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string At(string name) => Path.Combine(folder.Path, name);

    // Of an earlier run the first half of the lines, as a kill leaves them, with half a line behind.
    private void CutBack(string file, string partial)
    {
        var lines = File.ReadAllLines(file).Select(line => $"{line}{(file.EndsWith("csv", StringComparison.Ordinal) ? "\r\n" : "\n")}")
            .ToList();
        File.WriteAllText(partial, string.Concat(lines.Take(lines.Count / 2 + 1)) + lines[^1][..5]);
    }

    [Theory]
    [InlineData("caption", "jsonl", ""), InlineData("caption", "csv", "")]
    [InlineData("match", "jsonl", "--text|a star|--text|a ring"), InlineData("match", "csv", "--text|a star")]
    [InlineData("ask", "jsonl", "--question|what color is the background?|--question|is there a ring?"),
        InlineData("ask", "csv", "--question|is there a ring?")]
    [InlineData("embed", "jsonl", "--text|a star"), InlineData("embed", "csv", "--text|a star")]
    public async Task The_file_is_that_of_a_run_that_was_not_cut_off(string command, string format, string more)
    {
        string[] line = [command, Demo.Sample("00.png"), Demo.Sample("01.png"), Demo.Sample("02.png"), "--device", "cpu",
            .. more.Split('|', StringSplitOptions.RemoveEmptyEntries)];
        var whole = At($"whole.{format}");
        (await CliRun.Of([.. line, "--output", whole])).Succeeded();
        var (killed, shorter) = (At($"killed.{format}"), At($"shorter.{format}"));
        CutBack(whole, $"{killed}.partial");
        CutBack(whole, shorter);
        foreach (var file in (string[])[killed, shorter])
        {
            var run = await CliRun.Of([.. line, "--output", file, "--resume"]);
            run.Succeeded();
            Assert.Contains("are passed over", run.Error, StringComparison.Ordinal);
            Assert.Equal(File.ReadAllLines(whole).Order(), File.ReadAllLines(file).Order());
        }
        // Everything is there: no model is loaded, and the file stays.
        var again = await CliRun.Of([.. line, "--output", whole, "--resume", "--model", At("no-model-here")]);
        Assert.Equal(2, again.ExitCode);
        var expected = File.ReadAllBytes(whole);
        (await CliRun.Of([.. line, "--output", whole, "--resume"])).Succeeded();
        Assert.Equal(expected, File.ReadAllBytes(whole));
        Assert.Equal(3, Directory.GetFiles(folder.Path).Length);
    }

    [Fact]
    public async Task Failures_are_done_again_on_request_alone()
    {
        var (image, file) = (folder.Write("a.png", "no image"), At("out.jsonl"));
        string[] line = ["caption", Demo.Sample("00.png"), image, "--device", "cpu", "--output", file];
        Assert.Equal(1, (await CliRun.Of(line)).ExitCode);
        File.Copy(Demo.Sample("01.png"), image, overwrite: true);

        var passed = await CliRun.Of([.. line, "--resume"]);
        Assert.Equal(1, passed.ExitCode);
        Assert.Contains("1 of these failed; --retry-failed does them again", passed.Error, StringComparison.Ordinal);
        Assert.Contains("\"error\"", File.ReadAllText(file), StringComparison.Ordinal);

        (await CliRun.Of([.. line, "--resume", "--retry-failed"])).Succeeded();
        Assert.DoesNotContain("\"error\"", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Equal(2, File.ReadAllLines(file).Length);
    }

    [Fact]
    public async Task Another_image_comes_from_standard_input_each_time()
    {
        var file = At("out.jsonl");
        for (var i = 0; i < 2; i++)
            (await CliRun.Of(File.ReadAllBytes(Demo.Sample($"0{i}.png")), "caption", "-", "--device", "cpu", "--output", file, "--resume"))
                .Succeeded();
        Assert.Equal(2, File.ReadAllLines(file).Distinct().Count());
    }
}
