using System.Text.Json;
using Blip.Cli.Output;
using Blip.Runtime.Hub;
using Blip.Tests.Hub;

namespace Blip.Tests.Cli;

/// <summary><c>blip pull</c>, and the commands that offer it.</summary>
public sealed class PullCommandTests : IDisposable
{
    private readonly FakeHub hub = new();
    private readonly TemporaryFolder home = new();

    public PullCommandTests()
    {
        hub.Files.Clear();
        foreach (var file in Directory.EnumerateFiles(Demo.Model))
            hub.Files[Path.GetFileName(file)] = File.ReadAllBytes(file);
    }

    public void Dispose()
    {
        hub.Dispose();
        home.Dispose();
    }

    private string Snapshot => Path.Combine(home.Path, "hub", "models--Salesforce--blip-tiny", "snapshots", FakeHub.Commit);

    private Task<CliRun> Run(params string[] arguments) => Type(null, arguments);

    private Task<CliRun> Type(string? typed, params string[] arguments) =>
        CliRun.In(new Dictionary<string, string> { ["HF_HOME"] = home.Path, ["HF_ENDPOINT"] = hub.Endpoint }, typed, arguments);

    [Fact]
    public async Task It_prints_the_folder_and_the_model_captions()
    {
        var run = await Run("pull", FakeHub.Name);
        Assert.Equal($"{Snapshot}\n", run.Succeeded().ReplaceLineEndings("\n"));
        Assert.Contains($"blip: {FakeHub.Name} is here: ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("━", run.Error, StringComparison.Ordinal);

        Assert.Equal(
            "a large white ring on a cyan background\n",
            (await Run("caption", Demo.Sample("00.png"), "--model", FakeHub.Name, "--device", "cpu")).Succeeded());
    }

    [Fact]
    public async Task Quiet_it_prints_the_folder_alone_and_json_what_there_is()
    {
        Assert.Equal(new CliRun(0, $"{Snapshot}\n", ""), await Run("pull", FakeHub.Name, "--quiet"));
        using var json = JsonDocument.Parse((await Run("pull", FakeHub.Name, "--format", "json")).Succeeded());
        Assert.Equal(
            (FakeHub.Name, "main", FakeHub.Commit, Snapshot, 0),
            (json.RootElement.GetProperty("name").GetString(), json.RootElement.GetProperty("revision").GetString(),
                json.RootElement.GetProperty("commit").GetString(), json.RootElement.GetProperty("folder").GetString(),
                json.RootElement.GetProperty("downloadedBytes").GetInt32()));
        Assert.Contains("model.safetensors", json.RootElement.GetProperty("files").EnumerateArray().Select(file => file.GetString()));
    }

    [Fact]
    public async Task On_a_screen_there_is_a_bar_that_is_taken_away()
    {
        hub.OnBytes = request => hub.Bytes(request) with { SlowBytes = 200_000, Pause = TimeSpan.FromMilliseconds(40) };
        var run = await Type("", "pull", FakeHub.Name);
        run.Succeeded();
        Assert.Contains("━", run.Error, StringComparison.Ordinal);
        Assert.Contains(" MB", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("/s)\n", run.Error.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_with_a_model_that_is_not_here_tells_the_command_that_gets_it()
    {
        (await Run("caption", Demo.Sample("00.png"), "--model", FakeHub.Name)).Refused($"get it with: blip pull {FakeHub.Name}");
        (await Run("caption", Demo.Sample("00.png"), "--model", FakeHub.Name, "--revision", "v2")).Refused(
            $"blip pull {FakeHub.Name} --revision v2");
        (await Run("info", FakeHub.Name)).Refused($"blip pull {FakeHub.Name}");
        (await Run("train", "caption", Demo.Samples, "--output", home.Path + "/x", "--model", FakeHub.Name)).Refused(
            $"blip pull {FakeHub.Name}");
        (await Run("bootstrap", "run", Demo.Samples, "--output", home.Path + "/x", "--filter", FakeHub.Name)).Refused(
            $"blip pull {FakeHub.Name}");
        (await Run("trace", Demo.Sample("00.png"), "--output", home.Path + "/x", "--model", FakeHub.Name)).Refused(
            $"blip pull {FakeHub.Name}");
        (await Run("serve", "--model", FakeHub.Name, "--port", "0")).Refused($"blip pull {FakeHub.Name}");
        (await Run("serve", "--model", $"caption={FakeHub.Name}", "--port", "0")).Refused($"blip pull {FakeHub.Name}");
        Assert.Empty(hub.AllRequests);
    }

    [Fact]
    public async Task At_a_terminal_it_is_offered()
    {
        var run = await Type("n\n", "caption", Demo.Sample("00.png"), "--model", FakeHub.Name, "--device", "cpu");
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith(
            $"blip: there is no file or folder {FakeHub.Name}, and no such model in the Hugging Face cache. Download it? [y/N] ", run.Error,
                StringComparison.Ordinal);
        Assert.Contains($"blip pull {FakeHub.Name}", run.Error, StringComparison.Ordinal);
        Assert.Empty(hub.AllRequests);

        Assert.DoesNotContain(
            "[y/N]", (await Type("y\n", "caption", Demo.Sample("00.png"), "--model", FakeHub.Name, "--quiet")).Error,
            StringComparison.Ordinal);

        run = await Type("y\n", "caption", Demo.Sample("00.png"), "--model", FakeHub.Name, "--device", "cpu");
        Assert.Equal("a large white ring on a cyan background\n", run.Succeeded());
    }

    [Fact]
    public async Task With_download_nothing_is_asked_and_what_is_here_is_taken()
    {
        string[] line = ["caption", Demo.Sample("00.png"), "--model", FakeHub.Name, "--device", "cpu", "--download"];
        Assert.Equal("a large white ring on a cyan background\n", (await Run(line)).Succeeded());
        var before = hub.AllRequests.Count();
        (await Run(line)).Succeeded();
        Assert.Equal(before, hub.AllRequests.Count());
        (await Run("caption", Demo.Sample("00.png"), "--model", "owner/other", "--download")).Refused("there is no model owner/other");
    }

    /// <summary>A cached model needs no hub: a wrong setting does not stand in its way.</summary>
    [Fact]
    public async Task A_model_that_is_here_runs_whatever_is_said_of_the_hub()
    {
        (await Run("pull", FakeHub.Name)).Succeeded();
        var variables = new Dictionary<string, string> { ["HF_HOME"] = home.Path, ["HF_ENDPOINT"] = "nowhere", ["HF_TOKEN"] = "a b" };
        string[] line = ["caption", Demo.Sample("00.png"), "--model", FakeHub.Name, "--device", "cpu"];
        (await CliRun.In(variables, null, line)).Succeeded();
        (await CliRun.In(variables, null, "models")).Succeeded();
        (await CliRun.In(variables, null, "models", "rm", FakeHub.Name, "--yes")).Succeeded();
    }

    /// <summary>A config alone is enough to be shown, and not to be run.</summary>
    [Fact]
    public async Task A_model_that_is_not_whole_is_told_and_gone_on_with()
    {
        (await Run("pull", FakeHub.Name)).Succeeded();
        File.Delete(Path.Combine(Snapshot, "model.safetensors"));
        (await Run("info", FakeHub.Name, "--format", "json")).Succeeded();
        (await Run("caption", Demo.Sample("00.png"), "--model", FakeHub.Name)).Refused(
            "not in the Hugging Face cache as a whole", $"blip pull {FakeHub.Name}");
        (await Run("caption", Demo.Sample("00.png"), "--model", FakeHub.Name, "--device", "cpu", "--download")).Succeeded();
    }

    [Fact]
    public async Task What_is_wrong_is_a_sentence()
    {
        (await Run("pull", "blip")).Refused("'blip' is no name on the Hugging Face hub");
        (await Run("pull", "")).Refused("an argument is empty");
        (await Run("pull", "no/body")).Refused("there is no model no/body on 127.0.0.1");
        (await Run("pull", FakeHub.Name, "--revision", "v9")).Refused("has no revision 'v9'");
        (await Pull("HF_ENDPOINT", "nowhere")).Refused("HF_ENDPOINT is 'nowhere'");
        (await Pull("HF_HUB_OFFLINE", "1")).Refused("HF_HUB_OFFLINE says to leave the network alone");

        Task<CliRun> Pull(string variable, string value) =>
            CliRun.In(new Dictionary<string, string> { ["HF_HOME"] = home.Path, [variable] = value }, null, "pull", FakeHub.Name);
    }

    [Theory]
    [InlineData(0, 1, "──────────────────────── 0 bytes of 990 MB")]
    [InlineData(495, 4, "━━━━━━━━━━━━──────────── 495 MB of 990 MB  124 MB/s  0:04 left")]
    [InlineData(990, 4, "━━━━━━━━━━━━━━━━━━━━━━━━ 990 MB of 990 MB  248 MB/s  0:00 left")]
    public void The_bar_tells_how_far_how_fast_and_how_long(int megabytes, int seconds, string bar)
    {
        var progress = new HubProgress("a/b", "model.safetensors", megabytes * 1_000_000L, 990_000_000, 0);
        Assert.Equal(bar, DownloadView.Bar(progress, TimeSpan.FromSeconds(seconds)));
        Assert.True(DownloadView.Bar(progress, TimeSpan.FromSeconds(seconds), 40).Length <= 40);
    }

    /// <summary>Earlier bytes say nothing about the speed.</summary>
    [Fact]
    public void The_rate_is_that_of_what_came()
    {
        var progress = new HubProgress("a/b", "model.safetensors", 500_000_000, 990_000_000, 490_000_000);
        Assert.EndsWith("  5 MB/s  1:38 left", DownloadView.Bar(progress, TimeSpan.FromSeconds(2)), StringComparison.Ordinal);
    }
}
