using System.Text.Json;

namespace Blip.Tests.Cli;

public sealed class AskCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static Task<CliRun> Ask(params string[] arguments) => CliRun.Of(["ask", "--device", "cpu", .. arguments]);

    private static JsonElement[] Records(string lines) => [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement.Clone();
    })];

    [Theory]
    [InlineData]
    [InlineData("--num-beams", "3")]
    public async Task Every_sample_has_the_references_answers(params string[] options)
    {
        foreach (var image in DemoAnswering.Questions.GroupBy(question => question.Path))
        {
            var questions = image.DistinctBy(question => question.Question).ToArray();
            var records = Records(
                (await Ask([image.Key, "--max-length", "8", "--format", "jsonl", .. options,
                .. questions.SelectMany(question => (string[])["--question", question.Question])])).Succeeded());
            Assert.All(records, record =>
                Assert.Equal(["path", "question", "answer", "tokens"], record.EnumerateObject().Select(property => property.Name)));
            Assert.Equal(
                questions.Select(question => (question.Path, question.Question, question.Answer)),
                records.Select(record =>
                    (record.GetProperty("path").GetString()!, record.GetProperty("question").GetString()!,
                        record.GetProperty("answer").GetString()!)));
            Assert.Equal(questions.Select(question => question.Tokens),
                records.Select(record => record.GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32()).ToArray()));
        }
    }

    [Fact]
    public async Task The_last_word_is_the_question()
    {
        var run = await Ask(Demo.Sample("00.png"), "what color is the background?");
        Assert.Equal("cyan\n", run.Succeeded());
        Assert.Contains("demo answerer", run.Error, StringComparison.Ordinal);
        Assert.Contains("Salesforce/blip-vqa-base", run.Error, StringComparison.Ordinal);
        Assert.Equal(
            $"{Demo.Sample("00.png")}\tcyan\n{Demo.Sample("03.png")}\tbrown\n",
            (await Ask(Demo.Sample("00.png"), Demo.Sample("03.png"), "what color is the background?")).Succeeded());
    }

    [Fact]
    public async Task Several_questions_are_repeated_beside_their_answers()
    {
        var file = folder.Write("questions.txt", "what color is the background?\nwhat color is the ring?\n");
        Assert.Equal(
            "what color is the background?\tcyan\nwhat color is the ring?\twhite\n",
            (await Ask(Demo.Sample("00.png"), "--questions", file)).Succeeded());
        var input = await CliRun.Of(
            File.ReadAllBytes(file), "ask", Demo.Sample("00.png"), "--questions", "-", "--device", "cpu", "--format", "csv");
        Assert.StartsWith(
            $"path,question,answer,tokens,score,error\r\n{Demo.Sample("00.png")},what color is the background?,cyan,106 19 3,-",
            input.Succeeded(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_of_answers_is_ranked()
    {
        var answers = folder.Write("answers.txt", "red\ncyan\npink\nbrown\n");
        Assert.Equal("cyan\n", (await Ask(Demo.Sample("00.png"), "what color is the background?", "--answers", answers)).Succeeded());
        var record = Assert.Single(Records((await Ask(
            Demo.Sample("00.png"), "what color is the background?", "--answers", answers, "--answer", "two", "--best", "3", "--format",
                "jsonl")).Succeeded()));
        Assert.Equal(["path", "question", "answers"], record.EnumerateObject().Select(property => property.Name));
        var ranked = record.GetProperty("answers").EnumerateArray().ToArray();
        Assert.Equal(3, ranked.Length);
        Assert.Equal("cyan", ranked[0].GetProperty("answer").GetString());
        Assert.Equal(ranked.Select(answer => answer.GetProperty("score").GetDouble()).OrderDescending(),
            ranked.Select(answer => answer.GetProperty("score").GetDouble()));
        Assert.Equal("red\n", (await Ask(Demo.Sample("00.png"), "what color is the background?", "--answer", "red")).Succeeded());
    }

    [Fact]
    public async Task A_bad_image_stops_nothing_and_is_reported_for_each_question()
    {
        var missing = Path.Combine(folder.Path, "missing.png");
        var run = await Ask(missing, Demo.Sample("00.png"), "--question", "what color is the background?", "--question", "is there a ring?",
            "--format", "jsonl");
        Assert.Equal(1, run.ExitCode);
        var records = Records(run.Output);
        Assert.Equal([true, true, false, false], records.Select(record => record.TryGetProperty("error", out _)));
        Assert.Equal(["path", "question", "error"], records[0].EnumerateObject().Select(property => property.Name));
        Assert.Contains($"blip: {missing}: there is no such file", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("there is no question after")]
    [InlineData("there is no question after", "SAMPLE")]
    [InlineData("the question is blank", " ")]
    [InlineData("'what?' is no image; where there is --question", "what?", "--question", "how many?")]
    [InlineData("--best is 0", "what?", "--answer", "red", "--best", "0")]
    [InlineData("--best is about a list of answers", "what?", "--best", "3")]
    [InlineData("--candidate-count is 0: give 1 or more", "what?", "--answer", "red", "--candidate-count", "0")]
    [InlineData("--num-beams is 0: give 1 to 64", "what?", "--num-beams", "0")]
    [InlineData("--bad-words is '", "what?", "--bad-words", " ")]
    [InlineData("--answers is 'no/such/file'", "what?", "--answers", "no/such/file")]
    [InlineData("is needed here", "what?", "--model", "CAPTIONING")]
    public async Task A_wrong_option_is_answered_with_its_name_and_what_to_do(string message, params string[] options) => (await Ask(
        [Demo.Sample("00.png"), .. options.Select(
            option => option switch { "CAPTIONING" => Demo.Model, "SAMPLE" => Demo.Sample("01.png"), _ => option })])).Refused(message);

    [Theory]
    [InlineData("--num-beams changes nothing with a list of answers", "--answer", "red", "--num-beams", "3")]
    [InlineData("--attend-padding changes nothing with a list of answers", "--answer", "red", "--attend-padding")]
    [InlineData("--candidate-count changes nothing without a list of answers", "--candidate-count", "3")]
    [InlineData("--length-penalty changes nothing with one beam", "--length-penalty", "2")]
    public async Task An_option_that_changes_nothing_is_named(string message, params string[] options)
    {
        var run = await Ask([Demo.Sample("00.png"), "what color is the background?", .. options]);
        run.Succeeded();
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }
}
