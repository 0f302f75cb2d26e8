using System.Text.Json;
using Blip.Runtime.Pipelines;

namespace Blip.Tests.Cli;

/// <summary><c>blip label</c> on the demo's samples: colours of the shapes, which the demo matcher knows from captions only.</summary>
public sealed class LabelCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_right_caption_is_the_likeliest_of_all_samples()
    {
        string[] captions = [.. Demo.Answers("greedy").Select(answer => answer.Caption).Distinct()];
        var labels = folder.Write("labels.txt", string.Join('\n', captions));
        var records = (await Label(Demo.Samples, "--labels", labels, "--top", "1", "--format", "jsonl")).Succeeded()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line)).ToList();
        Assert.Equal(
            ["path", "label", "probability", "match_probability", "cosine"],
                records[0].EnumerateObject().Select(property => property.Name));
        var truth = Demo.Paths.Zip(Demo.Answers("greedy"), (path, answer) => (path, answer.Caption)).ToDictionary();
        var right = records.Count(record => truth[record.GetProperty("path").GetString()!] == record.GetProperty("label").GetString());
        Assert.True(right >= records.Count - 1, $"{right} of {records.Count} are right");
    }

    [Fact]
    public async Task Probabilities_add_up_and_the_closest_are_looked_at_again()
    {
        using var matcher = Matcher.Load(
            Path.Combine(AppContext.BaseDirectory, "weights", "retrieval"), new MatcherOptions { Device = "cpu" });
        string[] labels = ["a red star", "a blue ring", "a green square", "a pink cross"];
        var token = TestContext.Current.CancellationToken;
        var byCosine = new Labeler(matcher, labels, new LabelOptions { Rerank = 0 }, token).Label(Demo.Paths[0], token);
        var labeler = new Labeler(matcher, labels, new LabelOptions { Rerank = 2, Templates = ["{}"] }, token);
        var looked = labeler.Label(Demo.Paths[0], token);
        Assert.Equal(1, byCosine.Sum(label => label.Probability), 1e-9);
        Assert.All(byCosine, label => Assert.Null(label.MatchProbability));
        Assert.Equal(1, looked.Sum(label => label.Probability), 1e-9);
        Assert.Equal(2, looked.Count(label => label.MatchProbability is not null));
        // With one prompt the head's probability is the matcher's, and the cosine is, too.
        var first = looked.First(label => label.MatchProbability is not null);
        var match = matcher.Match(Demo.Paths[0], first.Name, new MatchOptions { Reranking = true }, token);
        Assert.Equal(match.MatchProbability, first.MatchProbability!.Value, 1e-6);
        Assert.Equal(match.Cosine, first.Cosine, 1e-6);
        Assert.Equal(LabelOptions.DefaultTemplates, new Labeler(matcher, labels, cancellationToken: token).Templates);
        Assert.Throws<ArgumentException>(() => new LabelOptions { Templates = ["{}", null!] }.Validate());
        var together = await Task.WhenAll(Demo.Paths.Take(6).Select(path => labeler.LabelAsync(path, token)));
        Assert.Equal(Demo.Paths.Take(6).SelectMany(path => labeler.Label(path, token)), together.SelectMany(label => label));
    }

    [Fact]
    public async Task Text_and_csv_are_lines_of_labels()
    {
        var text = (await Label(Demo.Sample("00.png"), "--labels", "a star, a ring,a square", "--top", "2")).Succeeded().Split('\n');
        Assert.Equal(3, text.Length);
        Assert.Matches(@"^[01]\.\d{4}\ta (star|ring|square)$", text[0]);
        var run = await Label(Demo.Sample("00.png"), Path.Combine(folder.Path, "no.png"), "--labels", "a star,a ring", "--format", "csv");
        var table = run.Output.Split("\r\n");
        Assert.Equal("path,label,probability,match_probability,cosine,error", table[0]);
        Assert.EndsWith("there is no such file.", table[3], StringComparison.Ordinal);
        Assert.Equal(1, run.ExitCode);
    }

    [Theory]
    [InlineData("at least two", "--labels", "alone")]
    [InlineData("there twice", "--labels", "a star,a star")]
    [InlineData("where the label goes", "--labels", "a,b", "--template", "a photo")]
    [InlineData("--top is 0", "--labels", "a,b", "--top", "0")]
    public async Task What_is_no_choice_is_refused(string word, params string[] options) =>
        (await Label([Demo.Sample("00.png"), .. options])).Refused(word);

    private static Task<CliRun> Label(params string[] arguments) => CliRun.Of(["label", "--device", "cpu", .. arguments]);
}
