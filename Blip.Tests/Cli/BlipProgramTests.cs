using Blip.Cli;

namespace Blip.Tests.Cli;

public class BlipProgramTests
{
    [Fact]
    public async Task WithoutArgumentsItShowsTheHelp()
    {
        var output = (await CliRun.Of()).Succeeded();
        Assert.Equal((await CliRun.Of("--help")).Succeeded(), output);
        Assert.Contains("blip caption photo.jpg", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("caption")]
    [InlineData("ask")]
    [InlineData("match")]
    [InlineData("embed")]
    [InlineData("index")]
    [InlineData("search")]
    [InlineData("info")]
    [InlineData("devices")]
    public async Task EveryCommandsHelpEndsWithExamples(string command)
    {
        var help = (await CliRun.Of(command, "--help")).Succeeded();
        Assert.Contains($"Examples:\n", help, StringComparison.Ordinal);
        Assert.Contains($"    blip {command}", help[help.IndexOf("Examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task VersionIsThatOfTheProject() => Assert.Matches(@"^\d+\.\d+\.\d+", (await CliRun.Of("--version")).Succeeded());

    [Theory]
    [InlineData("captoin", "did you mean caption?")]
    [InlineData("photo.jpg", "give one of caption, ")]
    public async Task AnUnknownCommandIsAnsweredWithTheOneThatWasMeant(string word, string answer) =>
        (await CliRun.Of(word)).Refused($"unknown command '{word}'", answer, "blip --help");

    [Fact]
    public async Task CompletionsAreGivenToTheShell() =>
        Assert.Equal("devices", (await CliRun.Of("[suggest:8]", "blip dev")).Succeeded().Trim());

    [Theory]
    [InlineData("kitten", "kitten", "kitten")]
    [InlineData("--num-beam", "--num-beams", "--num-beams")]
    [InlineData("--prompts", "--num-beams", null)]
    public void SpellingFindsWhatIsASlipAway(string word, string candidate, string? expected) =>
        Assert.Equal(expected, Spelling.Closest(word, [candidate, "something-else-entirely"]));
}
