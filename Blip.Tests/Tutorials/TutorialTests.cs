using System.Text.RegularExpressions;
using Blip.Tests.Cli;
using Blip.Tests.Samples;

namespace Blip.Tests.Tutorials;

/// <summary>
/// The tutorials' examples work. Commands of a page (<c>$ blip …</c>, <c>$ dotnet run samples/…</c>) run in order in one folder, and each
/// line that the page shows below is printed; … stands for anything. Code of a page stands in a file of the project, and its files exist.
/// </summary>
[Collection(nameof(AloneCollection))]
public partial class TutorialTests
{
    public static TheoryData<string> Pages =>
        [.. Repository.Files.Where(file =>
            file.StartsWith("docs/tutorials/", StringComparison.Ordinal) && file.EndsWith(".md", StringComparison.Ordinal))];

    public static TheoryData<string> PagesWithCommands =>
        [.. Pages.Select(page => page.Data).Where(page => Console().IsMatch(Repository.Read(page)))];

    [Theory, MemberData(nameof(PagesWithCommands))]
    public void Commands_print_what_the_page_shows(string page)
    {
        var lines = Console().Matches(Repository.Read(page))
            .SelectMany(block => block.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries)).ToList();
        var prompts = Enumerable.Range(0, lines.Count).Where(i => lines[i].StartsWith("$ ", StringComparison.Ordinal)).ToList();
        Assert.Equal(0, prompts[0]);
        using var folder = new TemporaryFolder();
        SampleProgram.In(folder.Path, () =>
        {
            foreach (var (prompt, next) in prompts.Zip(prompts.Skip(1).Append(lines.Count)))
            {
                var printed = Run(lines[prompt][2..]);
                foreach (var line in lines[(prompt + 1)..next])
                    Assert.True(printed.Any(one => Shows(line).IsMatch(one)),
                        $"{page}: {lines[prompt]}\nshows: {line}\nprinted:\n{string.Join('\n', printed)}");
            }
            return true;
        });
    }

    [Theory, MemberData(nameof(Pages))]
    public void Code_stands_in_a_file(string page)
    {
        var sources = Repository.Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal))
            .Select(file => Trimmed(Repository.Read(file))).ToList();
        Assert.All(Code().Matches(Repository.Read(page)),
            block => Assert.Contains(sources, source => source.Contains(Trimmed(block.Groups[1].Value), StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(Pages))]
    public void Files_that_are_named_exist(string page)
    {
        var named = FileName().Matches(Repository.Read(page)).Select(match => match.Groups[1].Value).Distinct();
        Assert.DoesNotContain(named, name => !Repository.Files.Any(file => $"/{file}".Contains($"/{name}", StringComparison.Ordinal)));
    }

    private static IReadOnlyList<string> Run(string command)
    {
        var words = Word().Matches(command.Split("  #")[0]).Select(word => word.Value.Trim('"')).ToArray();
        if (words is ["dotnet", "run", var sample, .. var arguments] && sample.StartsWith("samples/", StringComparison.Ordinal))
            return [.. SampleProgram.RunHere(sample, arguments).Select(Spaced)];
        Assert.Equal("blip", words[0]);
        var run = CliRun.Of([.. words[1..]]).GetAwaiter().GetResult();
        Assert.True(run.ExitCode == 0, $"{command}: exit code {run.ExitCode}\n{run.Error}");
        return [.. (run.Output + run.Error).Replace('\t', ' ').ReplaceLineEndings("\n").Split('\n').Select(Spaced)];
    }

    // Tables are as wide as their columns.
    private static string Spaced(string line) => Spaces().Replace(line, " ").Trim();

    private static Regex Shows(string line) =>
        new($"^{string.Join(".*", Spaced(line.Replace('\t', ' ')).Split('…').Select(part => Regex.Escape(part.Trim())))}$");

    private static string Trimmed(string code) =>
        string.Join('\n', code.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0));

    [GeneratedRegex(@"```console\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Console();

    [GeneratedRegex(@"```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"`([\w./-]+\.(?:cs|sh|md)|[A-Z][\w.]+(?:/[\w.]+)*/)`")]
    private static partial Regex FileName();

    [GeneratedRegex("""
        "[^"]*"|\S+
        """)]
    private static partial Regex Word();

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();
}
