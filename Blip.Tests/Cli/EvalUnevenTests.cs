namespace Blip.Tests.Cli;

/// <summary><c>blip eval</c> on files that lack something: told, and the rest is scored.</summary>
public sealed class EvalUnevenTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Names_that_several_files_answer_to_fail_by_name()
    {
        foreach (var part in (string[])["train", "val"])
            folder.Write($"data/{part}/0.png", await File.ReadAllBytesAsync(Demo.Sample("00.png"), TestContext.Current.CancellationToken));
        folder.Write("other/1.png", await File.ReadAllBytesAsync(Demo.Sample("01.png"), TestContext.Current.CancellationToken));
        var annotations = folder.Write(
            "a.json", """[{"image": "train/0.png", "caption": "x"}, {"image": "val/0.png", "caption": "y"}, {"image": "1.png", "caption": "z"}]""");

        var run = await CliRun.Of("eval", "caption", "--device", "cpu", "--annotations", annotations, "--images", folder.Path);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("2 files answer to 'train/0.png'", run.Error, StringComparison.Ordinal);
        Assert.Contains(Path.Combine("data", "val", "0.png"), run.Error, StringComparison.Ordinal);
        Assert.Contains("CIDEr is 0 by definition for one image", run.Error, StringComparison.Ordinal);
        Assert.Contains("1 of 3 images", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Captions_in_the_tools_own_json_are_scored()
    {
        var records = (await CliRun.Of("caption", "--device", "cpu", Demo.Samples, "--format", "json", "--max-length", "32")).Succeeded();
        var run = await CliRun.Of(
            "eval", "caption", "--annotations", Path.Combine(Demo.Samples, "captions.json"), "--results", folder.Write("r.json", records));

        Assert.Matches(@"BLEU-4 +100\.00", run.Succeeded());
        Assert.Contains("12 of 12 images", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Accuracy_that_is_0_by_definition_is_told_and_so_are_questions_without_answers()
    {
        var questions = folder.Write("q.json",
            """[{"question_id": 1, "question": "a?", "image": "00.png", "answer": []}, {"question_id": 2, "question": "a?", "image": "00.png", "answer": ["x"]}]""");
        var results = folder.Write("r.json", """[{"question_id": 2, "answer": "x"}, {"question_id": 1, "answer": "x"}]""");

        var run = await CliRun.Of("eval", "vqa", "--questions", questions, "--results", results);

        Assert.Contains("1 of 2 questions", run.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("1 of 2 questions have no answer", run.Error, StringComparison.Ordinal);
        Assert.Contains("0 by definition", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_that_is_too_long_is_told_and_the_others_are_scored()
    {
        var longText = string.Join(' ', Enumerable.Repeat("ring", 600));
        var annotations = folder.Write(
            "a.json", $$"""[{"image": "00.png", "caption": ["a large white ring", "{{longText}}"]}, {"image": "01.png", "caption": ["{{longText}}"]}, {"image": "02.png", "caption": []}, {"image": "03.png", "caption": "a square"}]""");

        var run = await CliRun.Of("eval", "retrieval", "--device", "cpu", "--annotations", annotations, "--images", Demo.Samples);

        Assert.Contains("2 of 2 images", run.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("shorten it", run.Error, StringComparison.Ordinal);
        Assert.Contains("1 of 4 images have no caption", run.Error, StringComparison.Ordinal);
    }
}
