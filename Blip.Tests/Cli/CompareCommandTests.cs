using System.Text.Json;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Pipelines;
using Blip.Runtime.Tracing;
using Blip.Tests.Models;

namespace Blip.Tests.Cli;

/// <summary><c>blip compare</c> and <c>blip eval nlvr</c> on a small model with made-up weights.</summary>
public sealed class CompareCommandTests : IDisposable
{
    private const string Sentence = "both images show a red star";

    private readonly ReasoningFolder model = new();
    private readonly TemporaryFolder folder = new();

    private static string Left => Demo.Paths[0];

    private static string Right => Demo.Paths[1];

    private string TracePath => Path.Combine(folder.Path, "t.safetensors");

    private Task<CliRun> Trace(params string[] images) => CliRun.Of(
        ["trace", .. images, "--text", Sentence, "--device", "cpu", "--model", model.Path, "--output", TracePath]);

    public void Dispose()
    {
        model.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Each_format_holds_the_probability()
    {
        using var comparer = ImageComparer.Load(model.Path, new ImageComparerOptions { Device = "cpu" });
        var expected = comparer.Compare(Left, Right, Sentence, TestContext.Current.CancellationToken).ProbabilityTrue;

        var record = JsonElement.Parse((await Compare(Left, Right, Sentence, "--format", "jsonl")).Succeeded());
        Assert.Equal(["left", "right", "sentence", "probability_true"], record.EnumerateObject().Select(property => property.Name));
        Assert.Equal(expected, record.GetProperty("probability_true").GetDouble());
        Assert.Equal(Sentence, record.GetProperty("sentence").GetString());
        var text = (await Compare([Left, Right, .. Sentence.Split(' ')])).Succeeded().Split('\n');
        Assert.Equal(
            ["true    sentence", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{expected:0.0000}  {Sentence}")],
                text[..2]);
        var table = (
            await Compare(
                Left, Right, "--sentence", Sentence, "--sentence", "the left one is red", "--format", "csv")).Succeeded().Split("\r\n");
        Assert.Equal("left,right,sentence,probability_true,error", table[0]);
        Assert.Equal(4, table.Length);
    }

    [Fact]
    public async Task Pairs_come_from_a_file_and_a_run_goes_on()
    {
        var pairs = folder.Write(
            "pairs.tsv", $"{Left}\t{Right}\t{Sentence}\n{Left}\tmissing.png\t{Sentence}\n{Right}\t{Left}\t{Sentence}\n");
        var output = Path.Combine(folder.Path, "true.jsonl");
        var run = await Compare("--pairs", pairs, "--output", output);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("missing.png: there is no such file", run.Error, StringComparison.Ordinal);
        var lines = await File.ReadAllLinesAsync(output, TestContext.Current.CancellationToken);
        Assert.Equal([false, true, false], lines.Select(line => line.Contains("\"error\"", StringComparison.Ordinal)));

        await File.AppendAllTextAsync(pairs, $"{Left}\t{Left}\t{Sentence}\n", TestContext.Current.CancellationToken);
        run = await Compare("--pairs", pairs, "--output", output, "--resume");
        Assert.Contains("3 of 4 sentences", run.Error, StringComparison.Ordinal);
        Assert.Equal(lines, (await File.ReadAllLinesAsync(output, TestContext.Current.CancellationToken))[..3]);
    }

    [Theory]
    [InlineData("LEFT RIGHT SENTENCE", "one.png")]
    [InlineData("no sentence", "one.png", "two.png")]
    [InlineData("give every sentence so", "one.png", "two.png", "a star", "--sentence", "a ring")]
    [InlineData("both images cannot", "-", "-", "a star")]
    public async Task A_command_line_that_names_no_pair_is_refused(string word, params string[] arguments) =>
        (await Compare(arguments)).Refused(word);

    [Fact]
    public async Task A_model_has_to_be_named() =>
        (await CliRun.Of("compare", Left, Right, Sentence, "--device", "cpu")).Refused("no demo", "--model");

    [Fact]
    public async Task A_model_of_another_head_is_refused_by_name() =>
        (
            await CliRun.Of(
                "compare", Left, Right, Sentence, "--device", "cpu", "--model", Path.Combine(
                    AppContext.BaseDirectory, "weights", "retrieval")))
            .Refused("BlipForImageTextRetrieval", "BLIP_NLVR");

    [Fact]
    public async Task Commands_about_one_image_refuse_the_model_by_its_kind()
    {
        (await Trace(Left)).Refused("reads two images, and 1 are given");
        (await CliRun.Of("serve", "--device", "cpu", "--model", model.Path)).Refused("'comparer'", "a matcher");
    }

    [Fact]
    public async Task A_trace_holds_the_states_over_both_images_and_the_judgement()
    {
        using var comparer = ImageComparer.Load(model.Path, new ImageComparerOptions { Device = "cpu" });
        var expected = comparer.Compare(Left, Right, Sentence, TestContext.Current.CancellationToken);

        var run = await Trace(Left, Right);

        Assert.StartsWith($"true {expected.ProbabilityTrue:0.0000}\n", run.Succeeded(), StringComparison.Ordinal);
        using var file = new SafetensorsFile(TracePath);
        Assert.Equal(
            [(float)expected.FalseLogit, (float)expected.TrueLogit], file.ReadAll(TracePlace.Judgement));
        Assert.Equal(2, file.Get("vision.last_hidden_state").Shape[0]);
        var (text, ids) = (ReasoningModelTests.Config.Text, file.Get("input_ids").Shape[1]);
        Assert.All(Enumerable.Range(0, text.Layers + 1), layer =>
            Assert.Equal([1, ids, text.HiddenSize], file.Get($"text.hidden.{layer}").Shape));
        var swapped = await Trace(Right, Left);
        Assert.NotEqual(run.Output, swapped.Output);
        Assert.Equal("cls_head", TracePlace.Module(TracePlace.Judgement, null));
    }

    /// <summary>Both images enter memory together: the second would wait for the first for ever.</summary>
    [Fact]
    public async Task A_trace_needs_no_room_for_two_images()
    {
        using var comparer = ImageComparer.Load(model.Path, new ImageComparerOptions { Device = "cpu", MaxWaitingBytes = 1 });
        var trace = await Task.Run(() => ModelTracer.Compare(comparer, Left, Right, Sentence, TestContext.Current.CancellationToken))
            .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        var expected = comparer.Compare(Left, Right, Sentence, TestContext.Current.CancellationToken);
        Assert.Equal([(float)expected.FalseLogit, (float)expected.TrueLogit], trace.Tensors.Find(TracePlace.Judgement)!);
    }

    [Fact]
    public async Task Accuracy_and_consistency_are_counted_over_the_authors_list()
    {
        using var comparer = ImageComparer.Load(model.Path, new ImageComparerOptions { Device = "cpu" });
        var truth = comparer.Compare(Left, Right, Sentence, TestContext.Current.CancellationToken).IsTrue;
        var annotations = folder.Write("nlvr_test.json", $$"""
            [{"sentence": "Both images show a red star.", "label": "{{truth}}", "images": ["00.png", "01.png"]},
             {"sentence": "Both images show a red star.", "label": "{{!truth}}", "images": ["00.png", "01.png"]},
             {"sentence": "both images, show a red star", "label": "{{!truth}}", "images": ["00.png", "01.png"]},
             {"sentence": "There are two", "label": "True", "images": ["00.png", "gone.png"]}]
            """);
        var results = Path.Combine(folder.Path, "results.json");
        string[] evaluate = ["eval", "nlvr", "--annotations", annotations];
        var run = await CliRun.Of(
            [.. evaluate, "--images", Demo.Samples, "--model", model.Path, "--device", "cpu", "--save-results", results, "--format",
                "json"]);

        Assert.Equal(1, run.ExitCode);
        var scores = JsonElement.Parse(run.Output).GetProperty("scores");
        Assert.Equal(1 / 3.0, scores.GetProperty("accuracy").GetDouble(), 1e-9);
        Assert.Equal(0, scores.GetProperty("consistency").GetDouble());
        Assert.Contains("gone.png", run.Error, StringComparison.Ordinal);
        Assert.Contains(
            $"{{\"pair_id\":0,\"prediction\":\"{truth}\"}}", await File.ReadAllTextAsync(results, TestContext.Current.CancellationToken),
                StringComparison.Ordinal);
        // The file alone gives the same scores.
        Assert.Equal(run.Output, (await CliRun.Of([.. evaluate, "--results", results, "--format", "json"])).Output);
        // A run that goes on asks for what is missing alone.
        run = await CliRun.Of(
            [.. evaluate, "--images", Demo.Samples, "--model", model.Path, "--device", "cpu", "--save-results", results, "--resume"]);
        Assert.Matches(@"accuracy +33\.33", run.Output);
    }

    [Fact]
    public async Task What_compare_wrote_is_scored_by_names()
    {
        var annotations = folder.Write("test1.json", """
            {"identifier": "test1-0-1-0", "sentence": "a star", "label": "True"}
            {"identifier": "test1-0-1-1", "sentence": "a ring", "label": "False"}
            """);
        var results = folder.Write("true.jsonl", """
            {"left": "images/test1-0-1-img0.png", "right": "images/test1-0-1-img1.png", "sentence": "a star", "probability_true": 0.9}
            {"left": "images/test1-0-1-img0.png", "right": "images/test1-0-1-img1.png", "sentence": "a ring", "probability_true": 0.7}
            """);
        var text = (await CliRun.Of("eval", "nlvr", "--annotations", annotations, "--results", results)).Succeeded();
        Assert.Matches(@"accuracy +50\.00", text);
        Assert.Matches(@"consistency +50\.00", text);
    }

    private Task<CliRun> Compare(params string[] arguments) =>
        CliRun.Of(["compare", "--device", "cpu", "--model", model.Path, .. arguments]);
}
