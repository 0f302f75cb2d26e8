using Blip.Cli.Input;

namespace Blip.Tests.Cli;

/// <summary>Messages besides results, and files that folders leave out.</summary>
public sealed class VerbosityTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_demo_is_told_in_one_line_unless_it_is_named_or_quiet_is_asked_for()
    {
        var image = Demo.Sample("00.png");
        var unnamed = await CliRun.Of("caption", image, "--device", "cpu");
        var named = await CliRun.Of("caption", image, "--device", "cpu", "-m", "demo");
        var quiet = await CliRun.Of("caption", image, "--device", "cpu", "-q");

        Assert.Equal(unnamed.Succeeded(), named.Succeeded());
        Assert.Equal(unnamed.Output, quiet.Succeeded());
        Assert.StartsWith("blip: no --model: using the demo captioner", Assert.Single(unnamed.Error.TrimEnd('\n').Split('\n')),
            StringComparison.Ordinal);
        Assert.Equal("", named.Error);
        Assert.Equal("", quiet.Error);
    }

    [Fact]
    public async Task A_run_over_several_images_ends_with_a_line_about_it()
    {
        var file = Path.Combine(folder.Path, "captions.jsonl");
        var run = await CliRun.Of(
            "caption", Demo.Sample("00.png"), Demo.Sample("01.png"), "nowhere.png", "--device", "cpu", "-m", "demo", "-o", file);

        Assert.Equal(1, run.ExitCode);
        Assert.Matches(
            @"^blip: 2 images are done, 1 failed, in \d+\.\d s \(\d+\.\d images/s\); the results are in .*captions\.jsonl$",
                run.Error.TrimEnd('\n').Split('\n')[^1]);
    }

    [Fact]
    public async Task A_folder_called_demo_is_a_model_of_one_s_own() =>
        (await CliRun.Of("caption", Demo.Sample("00.png"), "--model", folder.Write("demo/config.json", "{}")[..^"/config.json".Length]))
            .Refused("demo");

    [Fact]
    public async Task Quiet_leaves_errors_and_verbose_adds_the_model_and_the_device()
    {
        var quiet = await CliRun.Of("caption", "nowhere.png", "-q", "--device", "cpu");
        Assert.Equal(1, quiet.ExitCode);
        Assert.Contains("nowhere.png: there is no such file", quiet.Error, StringComparison.Ordinal);

        var verbose = await CliRun.Of("caption", Demo.Sample("00.png"), "-v", "--device", "cpu");
        verbose.Succeeded();
        Assert.Contains("captioning", verbose.Error, StringComparison.Ordinal);
        Assert.Contains("it runs on cpu: CPU, ", verbose.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("what color is the background", "what", "color", "is", "the", "background")]
    [InlineData("what color is the background?", "what color is the background?")]
    [InlineData("is there a cross and/or a star?", "is", "there", "a", "cross", "and/or", "a", "star?")]
    public async Task A_question_needs_no_quotes(string question, params string[] words)
    {
        var asked = await CliRun.Of(["ask", Demo.Sample("00.png"), .. words, "--device", "cpu", "-q", "--format", "json"]);

        Assert.Contains($"\"{question}\"", asked.Succeeded(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_of_an_image_that_is_not_there_is_no_word_of_the_question()
    {
        var asked = await CliRun.Of("ask", Demo.Sample("00.png"), "missing.png", "what", "color", "is", "it?", "--device", "cpu", "-q");

        Assert.Equal(1, asked.ExitCode);
        Assert.Contains("missing.png: there is no such file", asked.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("missing.png what", asked.Output + asked.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_folder_leaves_out_is_told_once_at_the_end()
    {
        var png = File.ReadAllBytes(Demo.Sample("00.png"));
        folder.Write("photos/a.png", png);
        folder.Write("photos/a.txt", "a caption beside it");
        folder.Write("photos/b.jpg_large", png);
        folder.Write("photos/c", png);
        folder.Write("photos/d.heic", [0, 0, 0, 24, .. "ftypheic"u8, 0, 0, 0, 0, .. "mif1"u8]);
        folder.Write("photos/e.heic", [0, 0, 0, 24, .. "ftypheic"u8, 0, 0, 0, 0, .. "mif1"u8]);
        folder.Write("photos/letter", "Dear all, this is no image.");
        folder.Write("photos/BMs", "BMs are no bitmaps, whatever they begin with.");
        folder.Write("photos/empty.png", "");

        var run = await CliRun.Of("caption", Path.Combine(folder.Path, "photos"), "--device", "cpu", "-m", "demo");

        Assert.Equal(["a.png", "b.jpg_large", "c"],
            run.Succeeded().TrimEnd('\n').Split('\n').Select(line => Path.GetFileName(line.Split('\t')[0])));
        var told = run.Error.TrimEnd('\n').Split('\n').Where(line => line.Contains("passed over", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, told.Count);
        Assert.Contains(told, line => line.StartsWith("blip: passed over 2: HEIC", StringComparison.Ordinal)
            && line.Contains("d.heic, …)", StringComparison.Ordinal));
        Assert.Contains(told, line => line.StartsWith("blip: passed over 2: files that are no images", StringComparison.Ordinal));
        Assert.Contains(told, line =>
            line.StartsWith("blip: passed over 1: files without content, pipes and devices", StringComparison.Ordinal));
    }

    /// <summary>Opening a pipe without a writer would wait for ever.</summary>
    [Fact]
    public async Task A_pipe_in_a_folder_is_passed_over()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no pipes in folders.");
        folder.Write("photos/a.png", File.ReadAllBytes(Demo.Sample("00.png")));
        foreach (var name in (string[])["b.png", "c"])
        {
            using var made = System.Diagnostics.Process.Start("mkfifo", Path.Combine(folder.Path, "photos", name));
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, made.ExitCode);
        }
        var passed = new PassedOver();

        var sources = InputExpansion.Expand([Path.Combine(folder.Path, "photos")], () => Stream.Null, passed: passed);

        Assert.Equal("a.png", Path.GetFileName(Assert.Single(sources).Name));
        Assert.StartsWith("passed over 2: files without content, pipes and devices", Assert.Single(passed.Sentences()),
            StringComparison.Ordinal);
    }
}
