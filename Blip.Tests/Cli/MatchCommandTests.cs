using System.Globalization;
using System.Text.Json;

namespace Blip.Tests.Cli;

public sealed class MatchCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static Task<CliRun> Match(params string[] arguments) => CliRun.Of(["match", "--device", "cpu", .. arguments]);

    private static JsonElement[] Records(string lines) => [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement.Clone();
    })];

    [Fact]
    public async Task Every_sample_has_the_references_answer()
    {
        var texts = DemoMatching.Pairs.Select(pair => pair.Text).Distinct().ToArray();
        var file = folder.Write("texts.txt", string.Join('\n', texts) + "\n\n");
        var records = Records((await Match(Demo.Samples, "--texts", file, "--format", "jsonl")).Succeeded());
        Assert.Equal(Demo.Paths.SelectMany(path => texts.Select(text => (path, text))),
            records.Select(record => (record.GetProperty("path").GetString()!, record.GetProperty("text").GetString()!)));
        Assert.All(records, record =>
            Assert.Equal(["path", "text", "match_probability", "cosine"], record.EnumerateObject().Select(property => property.Name)));
        foreach (var pair in DemoMatching.Pairs)
        {
            var record = records[(Array.IndexOf(Demo.Paths, pair.Path) * texts.Length) + Array.IndexOf(texts, pair.Text)];
            Assert.Equal(pair.MatchProbability, record.GetProperty("match_probability").GetDouble(), 2e-4);
            Assert.Equal(pair.Cosine, record.GetProperty("cosine").GetDouble(), 2e-4);
        }
    }

    [Fact]
    public async Task Text_is_a_table_without_the_path_of_one_named_image()
    {
        string[] texts = ["--text", DemoMatching.Pairs[0].Text, "--text", DemoMatching.Pairs[1].Text];
        var lines = (await Match([Demo.Sample("00.png"), .. texts])).Succeeded().Split('\n');
        Assert.Equal("match   cosine   text", lines[0]);
        Assert.Equal($"0.9943   0.9780  {DemoMatching.Pairs[0].Text}", lines[1]);
        Assert.Equal($"0.0014   0.6609  {DemoMatching.Pairs[1].Text}", lines[2]);
        var several = (await Match([Demo.Samples, .. texts])).Succeeded().Split('\n');
        Assert.Equal($"0.9943   0.9780  {Demo.Sample("00.png").PadRight(48)}  {DemoMatching.Pairs[0].Text}", several[1]);
        Assert.Equal(1 + (12 * 2) + 1, several.Length);
    }

    [Fact]
    public async Task Csv_is_a_table_of_numbers()
    {
        var lines = (await Match(
            Demo.Sample("00.png"), Path.Combine(folder.Path, "no.png"), "--text", "a star, alone", "--format", "csv")).Output.Split("\r\n");
        Assert.Equal("path,text,match_probability,cosine,error", lines[0]);
        Assert.StartsWith($"{Demo.Sample("00.png")},\"a star, alone\",", lines[1], StringComparison.Ordinal);
        Assert.InRange(double.Parse(lines[1].Split(',')[^3], CultureInfo.InvariantCulture), 0, 1);
        Assert.EndsWith("there is no such file.", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_image_stops_nothing_and_is_reported_in_its_place()
    {
        var missing = Path.Combine(folder.Path, "missing.png");
        var run = await Match(
            Demo.Sample("00.png"), missing, Demo.Sample("01.png"), "--text", "a star", "--text", "a ring", "--format", "jsonl");
        Assert.Equal(1, run.ExitCode);
        var records = Records(run.Output);
        Assert.Equal([false, false, true, false, false], records.Select(record => record.TryGetProperty("error", out _)));
        Assert.Equal(["path", "error"], records[2].EnumerateObject().Select(property => property.Name));
        Assert.Contains($"blip: {missing}: there is no such file", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Texts_come_from_standard_input()
    {
        var run = await CliRun.Of(
            "a star\n\n  a ring \n"u8.ToArray(), "match", Demo.Sample("00.png"), "--texts", "-", "--device", "cpu", "--format", "jsonl");
        Assert.Equal(["a star", "a ring"], Records(run.Succeeded()).Select(record => record.GetProperty("text").GetString()));
        Assert.Contains("demo matcher", run.Error, StringComparison.Ordinal);
        Assert.Contains("Salesforce/blip-itm-base-coco", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--text TEXT or --texts FILE")]
    [InlineData("--text is blank", "--text", " ")]
    [InlineData("--texts is 'no/such/file'", "--texts", "no/such/file")]
    [InlineData("unknown option --txet, did you mean --text?", "--txet", "a star")]
    [InlineData("cannot both come from standard input", "-", "--texts", "-")]
    [InlineData("is a BlipForConditionalGeneration; a BlipForImageTextRetrieval is needed", "--text", "a star", "--model", "CAPTIONING")]
    [InlineData("--vocab", "--text", "a star", "--model", "synthetic:tiny-square")]
    [InlineData("shorten it", "--text", "LONG")]
    [InlineData("--compat is 'salesforce'; give one of huggingface, original", "--text", "a star", "--compat", "salesforce")]
    [InlineData("--format is 'npy'", "--text", "a star", "--format", "npy")]
    public async Task A_wrong_option_is_answered_with_its_name_and_what_to_do(string message, params string[] options) => (await Match(
        [Demo.Sample("00.png"), .. options.Select(option => option switch
        {
            "CAPTIONING" => Demo.Model,
            "LONG" => string.Join(' ', Enumerable.Repeat("star", 80)),
            _ => option,
        })])).Refused(message);

    [Fact]
    public async Task A_profile_has_the_texts_steps()
    {
        var run = await Match(Demo.Sample("00.png"), "--text", "a star", "--profile");
        run.Succeeded();
        Assert.Contains("GFLOP/s", run.Error, StringComparison.Ordinal);
    }
}
