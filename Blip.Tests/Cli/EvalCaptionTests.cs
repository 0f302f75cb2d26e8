using System.Text.Json;

namespace Blip.Tests.Cli;

/// <summary><c>blip eval caption</c> from the command line to the report.</summary>
public sealed class EvalCaptionTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static string Annotations { get; } = Path.Combine(Demo.Samples, "captions.json");

    private string Results => Path.Combine(folder.Path, "results.json");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_samples_annotations_are_those_of_the_samples()
    {
        var samples = JsonElement.Parse(File.ReadAllBytes(Demo.Sample("samples.json"))).GetProperty("samples").EnumerateArray().ToList();
        var captions = JsonElement.Parse(File.ReadAllBytes(Annotations)).EnumerateArray();
        var questions = JsonElement.Parse(File.ReadAllBytes(Demo.Sample("questions.json"))).EnumerateArray();

        Assert.Equal(
            samples.Select(sample => (Text(sample, "file"), Text(sample, "caption"))),
            captions.Select(entry => (Text(entry, "image"), entry.GetProperty("caption").EnumerateArray().Single().GetString()!)));
        Assert.Equal(
            samples.SelectMany(sample =>
                sample.GetProperty("questions").EnumerateArray()
                    .Select(question => (Text(sample, "file"), Text(question, "question"), Text(question, "answer")))),
            questions.Select(entry =>
                (Text(entry, "image"), Text(entry, "question"),
                    entry.GetProperty("answer").EnumerateArray().Select(answer => answer.GetString()!).Distinct().Single())));
    }

    [Fact]
    public async Task The_demo_captioner_says_what_people_say_of_the_samples()
    {
        var run = await Eval("--images", Demo.Samples, "--format", "json", "--details", "--save-results", Results, "--max-length", "32");
        var report = JsonElement.Parse(run.Succeeded());

        Assert.Equal((12, 12), (report.GetProperty("images").GetInt32(), report.GetProperty("scored").GetInt32()));
        Assert.Equal(1, Score(report, "BLEU-4"), 1e-6);
        Assert.Equal(1, Score(report, "ROUGE-L"), 1e-9);
        Assert.Equal(10, Score(report, "CIDEr"), 1e-9);
        var details = report.GetProperty("details").EnumerateArray().ToList();
        Assert.Equal(Enumerable.Range(0, 12).Select(i => (long)i), details.Select(item => item.GetProperty("image_id").GetInt64()));
        Assert.Equal(Demo.Answers("greedy").Select(answer => answer.Caption), details.Select(item => Text(item, "caption")));

        // Its output scores the same, without a model.
        Assert.Equal(run.Output, (await Eval("--results", Results, "--format", "json", "--details")).Succeeded());
    }

    [Fact]
    public async Task A_run_goes_on_where_it_was_ended_and_asks_nothing_twice()
    {
        // Answers that the model would not give: they stay.
        folder.Write("results.json", """[{"image_id": 0, "caption": "kept"}, {"image_id": 11, "caption": "kept too"}]""");

        Assert.Contains("--resume", (await Eval("--images", Demo.Samples, "--save-results", Results)).Error, StringComparison.Ordinal);
        var run = await Eval("--images", Demo.Samples, "--save-results", Results, "--resume", "--max-length", "32");

        Assert.Contains("12 of 12 images", run.Succeeded(), StringComparison.Ordinal);
        var results = JsonElement.Parse(File.ReadAllBytes(Results)).EnumerateArray()
            .ToDictionary(entry => entry.GetProperty("image_id").GetInt32(), entry => Text(entry, "caption"));
        Assert.Equal(12, results.Count);
        Assert.Equal(("kept", "kept too"), (results[0], results[11]));
        Assert.Equal(Demo.Answers("greedy")[5].Caption, results[5]);
    }

    [Fact]
    public async Task A_image_that_is_not_there_is_told_and_the_others_are_scored()
    {
        var annotations = folder.Write("captions.json", """
            {"images": [{"id": 3, "file_name": "03.png"}, {"id": 99, "file_name": "none.png"}, {"id": 0}],
             "annotations": [{"image_id": 3, "caption": "A small black square on a brown background."}, {"image_id": 99, "caption": "x"}, {"image_id": 0, "caption": "x"}]}
            """);
        var run = await CliRun.Of("eval", "caption", "--device", "cpu", "--annotations", annotations, "--images", Demo.Samples);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("none.png: there is no such image", run.Error, StringComparison.Ordinal);
        Assert.Contains("1 of 3 images have no result", run.Error, StringComparison.Ordinal);
        Assert.Contains("2 of 3 images", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_test_set_is_captioned_and_not_scored()
    {
        var annotations = folder.Write("image_info.json", """{"images": [{"id": 7, "file_name": "03.png"}]}""");
        var run = await CliRun.Of(
            "eval", "caption", "--device", "cpu", "--annotations", annotations, "--images", Demo.Samples, "--save-results", Results);

        Assert.Equal("", run.Succeeded());
        Assert.Contains("nothing is scored", run.Error, StringComparison.Ordinal);
        Assert.Equal("[\n{\"image_id\":7,\"caption\":\"a small black square on a brown background\"}\n]\n",
            await File.ReadAllTextAsync(Results, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_prompt_is_taken_off_where_that_is_asked()
    {
        var run = await Eval(
            "--images", Demo.Samples, "--prompt", "a picture of", "--strip-prompt", "--max-length", "32", "--save-results", Results);

        run.Succeeded();
        Assert.Equal(
            Demo.Answers("prompt").Select(answer => answer.Caption["a picture of ".Length..]),
            JsonElement.Parse(await File.ReadAllBytesAsync(Results, TestContext.Current.CancellationToken)).EnumerateArray()
                .Select(entry => Text(entry, "caption")));
    }

    [Theory]
    [InlineData("--results FILE, or --images DIR")]
    [InlineData("give one of them", "--results", "x.json", "--images", "y")]
    [InlineData("--num-beams is about running the model", "--results", "x.json", "--num-beams", "3")]
    [InlineData("--save-results is about running the model", "--results", "x.json", "--save-results", "y.json")]
    [InlineData("--model is about running the model", "--results", "x.json", "--model", "y")]
    [InlineData("x.json: the file cannot be read", "--results", "x.json")]
    [InlineData("no such folder", "--images", "nowhere")]
    [InlineData("--save-results: name it", "--images", "nowhere", "--resume")]
    [InlineData("the words of --prompt off: name them", "--images", "nowhere", "--strip-prompt")]
    public async Task What_cannot_be_is_refused(string message, params string[] options) =>
        (await CliRun.Of(["eval", "caption", "--annotations", Annotations, .. options])).Refused(message);

    [Fact]
    public async Task Results_of_other_data_are_refused()
    {
        folder.Write("results.json", """[{"image_id": 77, "caption": "x"}]""");

        (await Eval("--results", Results)).Refused("77", "different data");
        (await CliRun.Of("eval", "caption", "--results", Results)).Refused("--annotations", "blip eval caption --help");
    }

    private static string Text(JsonElement element, string field) => element.GetProperty(field).GetString()!;

    private static double Score(JsonElement report, string name) => report.GetProperty("scores").GetProperty(name).GetDouble();

    private static Task<CliRun> Eval(params string[] options) =>
        CliRun.Of([.. (string[])["eval", "caption", "--annotations", Annotations],
            .. options.Contains("--results") ? (string[])[] : ["--device", "cpu"], .. options]);
}
