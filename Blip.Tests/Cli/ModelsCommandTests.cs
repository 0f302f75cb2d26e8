using System.Text.Json;
using Blip.Tests.Hub;

namespace Blip.Tests.Cli;

/// <summary><c>blip models</c> and <c>blip models rm</c>.</summary>
public sealed class ModelsCommandTests : IDisposable
{
    private readonly FakeHub hub = new();
    private readonly TemporaryFolder home = new();

    public ModelsCommandTests()
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

    private string Model => Path.Combine(home.Path, "hub", "models--Salesforce--blip-tiny");

    private Task<CliRun> Run(params string[] arguments) => Type(null, arguments);

    private Task<CliRun> Type(string? typed, params string[] arguments) =>
        CliRun.In(new Dictionary<string, string> { ["HF_HOME"] = home.Path, ["HF_ENDPOINT"] = hub.Endpoint }, typed, arguments);

    [Fact]
    public async Task An_empty_cache_tells_how_to_fill_it()
    {
        var run = await Run("models");
        Assert.Equal("", run.Succeeded());
        Assert.Equal(
            $"blip: there is no model in '{home.Path}/hub'; get one with: blip pull Salesforce/blip-image-captioning-base\n",
            run.Error.ReplaceLineEndings("\n"));
        Assert.Equal("[]", (await Run("models", "--format", "json", "--quiet")).Succeeded().Trim());
    }

    [Fact]
    public async Task The_table_has_a_row_for_each_commit()
    {
        (await Run("pull", FakeHub.Name)).Succeeded();
        home.Write("hub/models--google--bert/snapshots/abc1234/config.json", """{"model_type": "bert"}""");
        var run = await Run("models");

        var rows = run.Succeeded().Split('\n').Where(line => line.Contains(FakeHub.Name, StringComparison.Ordinal)).ToList();
        Assert.Matches(@"^\s*Salesforce/blip-tiny\s+main\s+captioner\s+fp16\s+3 MB\s+\d{4}-\d\d-\d\d\s*$", Assert.Single(rows));
        Assert.DoesNotContain("bert", run.Output, StringComparison.Ordinal);
        Assert.Contains("that are none of Blip's: 1 (--all shows them)", run.Error, StringComparison.Ordinal);
        Assert.Contains("google/bert", (await Run("models", "--all")).Succeeded(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_has_all_that_is_known()
    {
        (await Run("pull", FakeHub.Name)).Succeeded();
        using var json = JsonDocument.Parse((await Run("models", "--format", "json")).Succeeded());
        var model = Assert.Single(json.RootElement.EnumerateArray());

        Assert.Equal(
            (FakeHub.Name, FakeHub.Commit, "main", "captioner", "fp16", true, Path.Combine(Model, "snapshots", FakeHub.Commit)),
            (model.GetProperty("name").GetString(), model.GetProperty("commit").GetString(), model.GetProperty("revisions")[0].GetString(),
                model.GetProperty("kind").GetString(), model.GetProperty("precision").GetString(), model.GetProperty("whole").GetBoolean(),
                model.GetProperty("folder").GetString()));
        Assert.True(model.GetProperty("bytes").GetInt64() > 2_900_000);
        Assert.InRange(
            model.GetProperty("lastUsed").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-10), DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [Fact]
    public async Task A_removal_is_asked_for_at_a_terminal_and_told_elsewhere()
    {
        (await Run("pull", FakeHub.Name)).Succeeded();
        (await Run("models", "rm", FakeHub.Name)).Refused("holds 3 MB: give --yes to remove it");
        var run = await Type("\n", "models", "rm", FakeHub.Name);
        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        Assert.Equal("blip: Remove Salesforce/blip-tiny (3 MB)? [y/N] blip: nothing was removed\n", run.Error.ReplaceLineEndings("\n"));
        Assert.True(Directory.Exists(Model));

        run = await Type("yes\n", "models", "rm", FakeHub.Name, "--revision", "main");
        Assert.EndsWith(
            "Salesforce/blip-tiny at main is removed: 3 MB are free again\n", run.Error.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Model));
        (await Run("models", "rm", FakeHub.Name, "--yes")).Refused("is not in the cache", "'blip models' lists what is");
    }

    [Theory]
    [InlineData("unknown command 'remove'; give one of rm", "models", "remove")]
    [InlineData("'../x' is no name", "models", "rm", "../x", "--yes")]
    [InlineData("'a/../b' is no revision", "models", "rm", "a/b", "--revision", "a/../b", "--yes")]
    [InlineData("unknown option --yess, did you mean --yes?", "models", "rm", "a/b", "--yess")]
    public async Task What_is_wrong_is_a_sentence(string answer, params string[] words) => (await Run(words)).Refused(answer);

    [Fact]
    public async Task Removed_without_a_question_it_says_so_unless_quiet()
    {
        (await Run("pull", FakeHub.Name)).Succeeded();
        Assert.Equal(new CliRun(0, "", ""), await Run("models", "rm", FakeHub.Name, "--yes", "--quiet"));
        Assert.False(Directory.Exists(Model));
    }
}
