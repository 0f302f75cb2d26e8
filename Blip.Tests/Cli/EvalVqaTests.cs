using System.Text.Json;
using Blip.Evaluation;

namespace Blip.Tests.Cli;

/// <summary><c>blip eval vqa</c> from the command line to the report, on the demo's samples.</summary>
public sealed class EvalVqaTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static string Questions { get; } = Path.Combine(Demo.Samples, "questions.json");

    private string Results => Path.Combine(folder.Path, "results.json");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Answers_and_accuracy_are_the_references()
    {
        var golden = JsonElement.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Goldens", "demo", "vqa.json")));
        var run = await Run("--questions", Questions, "--images", Demo.Samples, "--format", "json", "--details", "--save-results", Results);
        var report = JsonElement.Parse(run.Succeeded());

        Assert.Equal(
            golden.GetProperty("answers").EnumerateArray().Select(answer => answer.GetProperty("answer").GetString()),
            report.GetProperty("details").EnumerateArray().Select(item => item.GetProperty("answer").GetString()));
        Assert.Equal(golden.GetProperty("right").GetDouble() / golden.GetProperty("of").GetDouble(),
            report.GetProperty("scores").GetProperty("accuracy").GetDouble(), 1e-9);
        Assert.Equal(36, ResultsFormat.Answers.Load(Results).Count);
        Assert.Equal(run.Output,
            (await CliRun.Of("eval", "vqa", "--questions", Questions, "--results", Results, "--format", "json", "--details")).Succeeded());
    }

    [Fact]
    public async Task The_official_files_give_the_accuracy_by_type()
    {
        var questions = folder.Write("questions.json", """
            {"data_subtype": "val2014", "questions": [{"question_id": 30, "image_id": 3, "question": "what color is the square?"}, {"question_id": 31, "image_id": 3, "question": "what color is the background?"}]}
            """);
        var annotations = folder.Write("annotations.json", """
            {"annotations": [
              {"question_id": 31, "image_id": 3, "question_type": "what color is the", "answer_type": "other", "answers": [{"answer": "blue"}, {"answer": "blue"}, {"answer": "blue"}, {"answer": "red"}]},
              {"question_id": 30, "image_id": 3, "question_type": "what color is the", "answer_type": "number", "answers": [{"answer": "Black."}, {"answer": "black"}, {"answer": "black!"}, {"answer": "the black"}]}]}
            """);
        folder.Write("COCO_val2014_000000000003.png",
            await File.ReadAllBytesAsync(Demo.Sample("03.png"), TestContext.Current.CancellationToken));
        // The official name ends in .jpg; the content is a PNG.
        File.Move(Path.Combine(folder.Path, "COCO_val2014_000000000003.png"), Path.Combine(folder.Path, "COCO_val2014_000000000003.jpg"));

        var text = (await Run("--questions", questions, "--annotations", annotations, "--images", folder.Path)).Succeeded();

        Assert.Matches(@"accuracy +50\.00", text);
        Assert.Matches(@"answers: number +100\.00", text);
        Assert.Matches(@"answers: other +0\.00", text);
        Assert.Matches(@"questions: what color is the +50\.00", text);
    }

    [Fact]
    public async Task A_run_goes_on_and_a_list_of_answers_is_chosen_among()
    {
        folder.Write("results.json", """[{"question_id": 0, "answer": "kept"}]""");
        var answers = folder.Write("answers.json", """["white", "cyan", "large", "small"]""");

        var run = await Run("--questions", Questions, "--images", Demo.Samples, "--save-results", Results, "--resume", "--answers", answers,
            "--candidate-count", "4");

        run.Succeeded();
        var results = ResultsFormat.Answers.Load(Results);
        Assert.Equal((36, "kept", "white"), (results.Count, results[0], results[2]));
        Assert.All(results.Values, answer => Assert.Contains(answer, (string[])["kept", "white", "cyan", "large", "small"]));
    }

    [Theory]
    [InlineData("there are no questions", "--results", "x.json")]
    [InlineData("needs --questions", "--annotations", "x.json", "--images", "y")]
    [InlineData("--answers is about running the model", "--questions", "x.json", "--results", "y.json", "--answers", "z")]
    [InlineData("x.json: the file cannot be read", "--questions", "x.json", "--images", "y")]
    public async Task What_cannot_be_is_refused(string message, params string[] options) =>
        (await CliRun.Of(["eval", "vqa", .. options])).Refused(message);

    private static Task<CliRun> Run(params string[] options) =>
        CliRun.Of(["eval", "vqa", "--device", "cpu", "--model", Path.Combine(AppContext.BaseDirectory, "weights", "vqa"), .. options]);
}
