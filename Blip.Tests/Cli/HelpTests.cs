using System.CommandLine;
using Blip.Cli;
using Blip.Cli.Help;

namespace Blip.Tests.Cli;

/// <summary>The look of help, and the common part of every command's.</summary>
public sealed class HelpTests
{
    [Theory]
    [InlineData("caption"), InlineData("eval caption"), InlineData("bootstrap submit slurm"), InlineData("train match")]
    public async Task Help_of_a_command_is_what_its_option_shows(string command)
    {
        var words = command.Split(' ');

        Assert.Equal((await CliRun.Of([.. words, "--help"])).Succeeded(), (await CliRun.Of(["help", .. words])).Succeeded());
    }

    [Fact]
    public async Task Help_alone_is_that_of_the_program_and_an_unknown_command_is_told()
    {
        Assert.Equal((await CliRun.Of("--help")).Succeeded(), (await CliRun.Of("help")).Succeeded());
        (await CliRun.Of("help", "captoin")).Refused("unknown command 'captoin', did you mean caption?");
        (await CliRun.Of("help", "serve", "extra")).Refused("'extra' is one word too many.");
    }

    /// <summary>The table of groups would grow stale: it names each option of each command, and nothing else.</summary>
    [Fact]
    public void Every_option_has_a_group()
    {
        var root = new BlipRootCommand(Terminal());

        Assert.Equal(Commands(root).SelectMany(command => command.Options).Select(option => option.Name).Distinct().Order(),
            OptionGroups.Names.Order());
    }

    [Fact]
    public void No_two_options_of_a_command_share_a_name()
    {
        foreach (var command in Commands(new BlipRootCommand(Terminal())))
        {
            var names = command.Options.SelectMany(option => option.Aliases.Prepend(option.Name).Distinct()).Concat(["-q", "-v"]).ToList();
            Assert.Equal(names.Distinct().Count() + (command is RootCommand ? 2 : 0), names.Count);
        }
    }

    [Theory, InlineData(20), InlineData(40), InlineData(71), InlineData(72), InlineData(100), InlineData(500)]
    public void Every_page_fits_the_screen_but_for_lines_to_copy(int columns)
    {
        foreach (var command in Commands(new BlipRootCommand(Terminal())))
        {
            var page = Page(command, columns, colored: false);
            var examples = page.IndexOf("Examples:", StringComparison.Ordinal);
            foreach (var line in (examples < 0 ? page : page[..examples]).Split('\n'))
                Assert.True(line.Length <= Math.Min(columns, 100), $"{command.Name} at {columns}: {line}");
        }
    }

    [Fact]
    public void Groups_stand_in_one_order_and_optional_values_in_brackets()
    {
        var caption = Commands(new BlipRootCommand(Terminal()))
            .Single(command =>
            command.Options.Any(option => option.Name == "--bad-words") && command.Options.All(option => option.Name != "--answer"));
        var page = Page(caption, 100, colored: false);

        string[] headings = ["Output options:", "Model options:", "Device options:", "Options:", "Search options:", "Sampling options:",
            "Rules options:", "Attention options:", "General options:"];
        var places = headings.Select(heading => page.IndexOf($"\n{heading}\n", StringComparison.Ordinal)).ToList();
        Assert.All(places, place => Assert.True(place > 0));
        Assert.Equal(places.Order(), places);
        Assert.Contains("--profile [<FILE>]", page, StringComparison.Ordinal);
        Assert.Contains("--do-sample, --sample [<true|false>]", page, StringComparison.Ordinal);
        Assert.Contains("-m, --model <MODEL>", page, StringComparison.Ordinal);
        Assert.Contains("-q, --quiet ", page, StringComparison.Ordinal);
        Assert.DoesNotContain("\e", page, StringComparison.Ordinal);
    }

    /// <summary>Colours change nothing but colours.</summary>
    [Fact]
    public void A_coloured_page_is_the_plain_one_without_its_colours()
    {
        foreach (var command in Commands(new BlipRootCommand(Terminal())))
        {
            var colored = Page(command, 80, colored: true);
            Assert.Contains("\e[1mUsage:\e[0m", colored, StringComparison.Ordinal);
            Assert.Equal(Page(command, 80, colored: false), System.Text.RegularExpressions.Regex.Replace(colored, "\e\\[[0-9]+m", ""));
        }
    }

    [Theory]
    [InlineData("version"), InlineData("-V"), InlineData("--version")]
    public async Task The_version_is_told_in_each_way(string word) =>
        Assert.Equal((await CliRun.Of("--version")).Succeeded(), (await CliRun.Of(word)).Succeeded());

    [Theory]
    [InlineData("unknown command 'captoin', did you mean caption?", "eval", "captoin")]
    [InlineData("unknown command 'x'; give one of demo, run, ", "bootstrap", "x")]
    [InlineData("a command is missing; give one of caption, vqa, retrieval", "eval")]
    [InlineData("unknown option --fromat, did you mean --format?", "devices", "--fromat", "json")]
    [InlineData("unknown option --num-beam, did you mean --num-beams?", "caption", "a.png", "--num-beam", "3")]
    [InlineData("unknown option --zzzzzzzz.", "info", "--zzzzzzzz")]
    public async Task A_wrong_word_is_answered_with_the_one_that_was_meant(string answer, params string[] words) =>
        (await CliRun.Of(words)).Refused(answer, $"see 'blip {words[0]}");

    private static string Page(Command command, int columns, bool colored)
    {
        var output = new StringWriter();
        new HelpPage(output, columns, colored).Write(command, command.Name);
        return output.ToString();
    }

    private static IEnumerable<Command> Commands(Command command) => command.Subcommands.SelectMany(Commands).Prepend(command);

    private static Terminal Terminal() => new() { Output = TextWriter.Null, Error = TextWriter.Null, OpenInput = () => Stream.Null };
}
