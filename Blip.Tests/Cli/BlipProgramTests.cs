using Blip.Cli;

namespace Blip.Tests.Cli;

public class BlipProgramTests
{
    [Fact]
    public async Task Without_arguments_it_shows_the_help()
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
    public async Task Every_commands_help_ends_with_examples(string command)
    {
        var help = (await CliRun.Of(command, "--help")).Succeeded();
        Assert.Contains($"Examples:\n", help, StringComparison.Ordinal);
        Assert.Contains($"    blip {command}", help[help.IndexOf("Examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_is_that_of_the_project() => Assert.Matches(@"^\d+\.\d+\.\d+", (await CliRun.Of("--version")).Succeeded());

    [Theory]
    [InlineData("captoin", "did you mean caption?")]
    [InlineData("photo.jpg", "give one of caption, ")]
    public async Task An_unknown_command_is_answered_with_the_one_that_was_meant(string word, string answer) =>
        (await CliRun.Of(word)).Refused($"unknown command '{word}'", answer, "blip --help");

    [Fact]
    public async Task Completions_are_given_to_the_shell() =>
        Assert.Equal("devices", (await CliRun.Of("[suggest:8]", "blip dev")).Succeeded().Trim());

    [Theory]
    [InlineData("kitten", "kitten", "kitten")]
    [InlineData("--num-beam", "--num-beams", "--num-beams")]
    [InlineData("--prompts", "--num-beams", null)]
    public void Spelling_finds_what_is_a_slip_away(string word, string candidate, string? expected) =>
        Assert.Equal(expected, Spelling.Closest(word, [candidate, "something-else-entirely"]));
}
