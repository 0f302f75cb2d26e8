using System.Text.Json;
using System.Text.RegularExpressions;

namespace Blip.Tests.Readme;

/// <summary>What the README shows is what happens.</summary>
[Collection(nameof(AloneCollection))]
public partial class ReadmeTests
{
    [Fact]
    public void The_library_example_is_the_one_that_is_tested()
    {
        var source = Repository.Read("Blip.Tests/Readme/LibraryExample.cs");
        var tested = Marked().Match(source).Groups[1].Value;
        var shown = CSharpBlock().Match(Repository.Read("README.md")).Groups[1].Value;

        Assert.Equal(Usings().Matches(source).Select(match => match.Value.Trim()), Usings().Matches(shown).Select(match => match.Value.Trim()));
        Assert.Equal(Lines(tested), Lines(Usings().Replace(shown, "")));
    }

    [Fact]
    public async Task The_library_example_captions_the_samples()
    {
        var truth = Truth();

        var before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = Repository.Root;
        IReadOnlyList<string> printed;
        try
        {
            printed = await LibraryExample.RunAsync();
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }

        Assert.Equal(truth["00.png"], printed[0]);
        Assert.Equal(
            truth.Select(sample => $"weights/samples/{sample.Key}: {sample.Value}").Order(StringComparer.Ordinal),
            printed.Skip(1).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_transcript_shows_the_truth()
    {
        var transcript = Transcript().Matches(Repository.Read("README.md"))
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

        Assert.Equal(Truth().OrderBy(sample => sample.Key), transcript.OrderBy(sample => sample.Key));
    }

    private static Dictionary<string, string> Truth()
    {
        using var samples = JsonDocument.Parse(Repository.Read("weights/samples/samples.json"));
        return samples.RootElement.GetProperty("samples").EnumerateArray()
            .ToDictionary(sample => sample.GetProperty("file").GetString()!, sample => sample.GetProperty("caption").GetString()!);
    }

    private static IEnumerable<string> Lines(string code) => code.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0);

    [GeneratedRegex(@"// <example>\n(.*?)// </example>", RegexOptions.Singleline)]
    private static partial Regex Marked();

    [GeneratedRegex(@"```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex(@"^using [\w.]+;\n", RegexOptions.Multiline)]
    private static partial Regex Usings();

    [GeneratedRegex(@"^weights/samples/(\d\d\.png)\s+(.+)$", RegexOptions.Multiline)]
    private static partial Regex Transcript();
}
