using Blip.Runtime.Tokenization;

namespace Blip.Tests.Cli;

/// <summary>Notices of commands that are no errors: words that the model cannot read, unsupported fields.</summary>
public sealed class NoticeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Words_that_the_vocabulary_lacks_are_named_once()
    {
        string[][] lines =
        [
            ["caption", Demo.Sample("00.png"), "--prompt", "a жук 😀 small", "--device", "cpu"],
            ["match", Demo.Sample("00.png"), "--text", "жук 😀", "--text", "a жук", "--device", "cpu"],
            ["ask", Demo.Sample("00.png"), "жук 😀 what color?", "--device", "cpu"],
            ["embed", "--text", "жук 😀", "--device", "cpu"],
            ["caption", Demo.Sample("00.png"), "--bad-words", "жук 😀", "--device", "cpu"],
        ];
        foreach (var line in lines)
        {
            var run = await CliRun.Of(line);
            Assert.Contains(
                "the model's vocabulary does not have 'жук', '😀': it reads them as [UNK]", run.Error, StringComparison.Ordinal);
            Assert.Single(run.Error.Split('\n'), text => text.Contains("[UNK]", StringComparison.Ordinal));
        }
        Assert.DoesNotContain("[UNK]", (await CliRun.Of("caption", Demo.Sample("00.png"), "--prompt", "a small", "--device", "cpu")).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Words_of_evaluations_and_training_data_are_named_once_too()
    {
        var questions = folder.Write("questions.json",
            """[{"question_id": 1, "image": "00.png", "question": "what жук 😀?", "answer": ["a"]}, {"question_id": 2, "image": "00.png", "question": "жук?", "answer": ["a"]}]""");
        var captions = folder.Write("captions.json", """[{"image": "00.png", "caption": ["a жук", "a 😀 жук"]}]""");
        File.Copy(Demo.Sample("00.png"), Path.Combine(folder.Path, "00.png"));
        var data = folder.Write("data.json", """[{"image": "00.png", "caption": "a жук"}, {"image": "00.png", "caption": "😀 a"}]""");
        string[][] lines =
        [
            ["eval", "vqa", "--questions", questions, "--images", Demo.Samples, "--device", "cpu"],
            ["eval", "retrieval", "--annotations", captions, "--images", Demo.Samples, "--device", "cpu"],
            ["eval", "caption", "--annotations", captions, "--images", Demo.Samples, "--prompt", "жук 😀", "--device", "cpu"],
            ["train", "caption", data, "--steps", "1", "--batch-size", "2", "--output", Path.Combine(folder.Path, "run"), "--device",
                "cpu"],
        ];
        foreach (var line in lines)
        {
            var run = await CliRun.Of(line);
            run.Succeeded();
            Assert.Contains(
                "the model's vocabulary does not have 'жук', '😀': it reads them as [UNK]", run.Error, StringComparison.Ordinal);
            Assert.Single(run.Error.Split('\n'), text => text.Contains("[UNK]", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Many_and_long_unknown_words_make_a_short_notice()
    {
        var words = new UnknownWords();
        for (var i = 0; i < 5000; i++)
            words.Add([$"{i}{new string('ж', 10_000)}", "😀"]);
        Assert.InRange(words.Notice().Length, 100, 500);
        Assert.Contains("'😀'", words.Notice(), StringComparison.Ordinal);
        Assert.EndsWith(" and more than 989 others: it reads them as [UNK]", words.Notice(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_ids_in_place_of_words_are_told()
    {
        var run = await CliRun.Of("caption", Demo.Sample("00.png"), "--model", "synthetic:tiny-square", "--device", "cpu");
        Assert.Contains("captions are token ids; give --vocab FILE", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fields_of_generation_config_that_are_not_offered_are_named()
    {
        foreach (var file in Directory.EnumerateFiles(Demo.Model))
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        folder.Write("generation_config.json", """{"penalty_alpha": 0.6, "num_beam_groups": 2, "temperature": 0, "do_sample": false}""");

        var run = await CliRun.Of("caption", Demo.Sample("00.png"), "--model", folder.Path, "--device", "cpu");

        run.Succeeded();
        Assert.Contains("asks for penalty_alpha 0.6, num_beam_groups 2: not offered here", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revision_goes_with_a_name_of_the_hub()
    {
        (await CliRun.Of("caption", Demo.Sample("00.png"), "--revision", "v2")).Refused("--revision", "--model");
        (await CliRun.Of("caption", Demo.Sample("00.png"), "--revision", "v2", "--model", Demo.Model)).Refused("revision", "leave");
    }
}
