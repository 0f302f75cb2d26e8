using System.Text.RegularExpressions;

namespace Blip.Tests.Hosting;

/// <summary>The example in docs/hosting.md runs as shown.</summary>
[Collection(nameof(AloneCollection))]
public partial class HostingExampleTests
{
    [Fact]
    public void The_example_is_the_one_that_is_tested()
    {
        var tested = Marked().Match(Repository.Read("Blip.Tests/Hosting/HostingExample.cs")).Groups[1].Value;
        var shown = CSharpBlock().Match(Repository.Read("docs/hosting.md")).Groups[1].Value;

        Assert.Equal(Lines(tested), Lines(shown).Where(line => !line.StartsWith("using ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_example_captions_answers_and_compares()
    {
        var before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = Repository.Root;
        IReadOnlyList<string> printed;
        try
        {
            printed = await HostingExample.RunAsync();
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }

        Assert.Equal("a large white ring on a cyan background", printed[0]);
        Assert.Equal("white", string.Concat(printed.Skip(1).SkipLast(2)));
        Assert.Equal("0.98 a large white ring on a cyan background", printed[^2]);
        Assert.True(double.Parse(printed[^1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture) < 0.9, printed[^1]);
    }

    private static IEnumerable<string> Lines(string code) => code.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0);

    [GeneratedRegex(@"// <example>\n(.*?)// </example>", RegexOptions.Singleline)]
    private static partial Regex Marked();

    [GeneratedRegex(@"```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();
}
