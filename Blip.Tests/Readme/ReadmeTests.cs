using System.Text.Json;
using System.Text.RegularExpressions;

namespace Blip.Tests.Readme;

/// <summary>What the README shows is what happens.</summary>
[Collection(nameof(AloneCollection))]
public partial class ReadmeTests
{
    private const int MostLines = 10;

    [Fact]
    public void Every_sample_is_one_that_is_compiled_and_run_and_each_is_short()
    {
        var shown = CSharpBlock().Matches(Repository.Read("README.md")).Select(match => match.Groups[1].Value).ToList();
        var tested = Repository.Files
            .Where(file => file.StartsWith("Blip.Tests/Readme/", StringComparison.Ordinal) && file.EndsWith("Sample.cs", StringComparison.Ordinal))
            .Select(Repository.Read)
            .ToList();

        Assert.Equal(
            tested.Select(source => Text(Usings().Matches(source).Select(match => match.Value).Append(Marked().Match(source).Groups[1].Value))).Order(StringComparer.Ordinal),
            shown.Select(block => Text([block])).Order(StringComparer.Ordinal));
        Assert.All(tested, source => Assert.InRange(Lines(Marked().Match(source).Groups[1].Value).Count(), 1, MostLines));
    }

    [Fact]
    public async Task The_caption_sample_captions_the_samples()
    {
        var truth = Truth();
        var printed = await Run(CaptionSample.RunAsync);

        Assert.Equal(truth["00.png"], printed[0]);
        Assert.Equal(
            truth.Select(sample => $"weights/samples/{sample.Key}: {sample.Value}").Order(StringComparer.Ordinal),
            printed.Skip(1).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_match_sample_finds_the_images_that_fit()
    {
        var printed = await Run(MatchSample.RunAsync);

        Assert.Equal(["0.99 0.98 a large white ring on a cyan background", "0.00 0.08 a small white square on a pink background"], printed.Take(2));
        var fitting = printed.Skip(2).Where(line => !line.EndsWith(": 0 fit ", StringComparison.Ordinal));
        Assert.Contains("weights/samples/00.png: 1 fit ", fitting);
        Assert.Equal(12, printed.Skip(2).Count());
    }

    [Fact]
    public async Task The_answer_sample_answers() => Assert.Equal(["cyan", "large", "white > "], (await Run(AnswerSample.RunAsync)).Select(line => line[..Math.Min(line.Length, 8)]));

    [Fact]
    public async Task The_embedding_sample_finds_the_nearest_image() =>
        Assert.Equal(["weights/samples/03.png, a vector of 64 numbers"], await Run(EmbeddingSample.RunAsync));

    [Fact]
    public void The_transcript_shows_the_truth()
    {
        var transcript = Transcript().Matches(Repository.Read("README.md"))
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

        Assert.Equal(Truth().OrderBy(sample => sample.Key), transcript.OrderBy(sample => sample.Key));
    }

    // A sample names its files from the root of the repository.
    private static async Task<IReadOnlyList<string>> Run(Func<Printer, Task> sample)
    {
        var printer = new Printer();
        var before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = Repository.Root;
        try
        {
            await sample(printer);
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
        return printer.Lines;
    }

    private static Dictionary<string, string> Truth()
    {
        using var samples = JsonDocument.Parse(Repository.Read("weights/samples/samples.json"));
        return samples.RootElement.GetProperty("samples").EnumerateArray()
            .ToDictionary(sample => sample.GetProperty("file").GetString()!, sample => sample.GetProperty("caption").GetString()!);
    }

    private static string Text(IEnumerable<string> parts) => string.Join('\n', parts.SelectMany(Lines));

    private static IEnumerable<string> Lines(string code) => code.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0);

    [GeneratedRegex(@"// <sample>\n(.*?)// </sample>", RegexOptions.Singleline)]
    private static partial Regex Marked();

    [GeneratedRegex(@"```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex(@"^using [\w.]+;\n", RegexOptions.Multiline)]
    private static partial Regex Usings();

    [GeneratedRegex(@"^weights/samples/(\d\d\.png)\s+(.+)$", RegexOptions.Multiline)]
    private static partial Regex Transcript();
}
