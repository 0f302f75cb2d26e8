namespace Blip.Tests.Cli;

/// <summary>What commands tell that is no error: words that the model cannot read, fields that are not offered.</summary>
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
            Assert.Contains("the model's vocabulary does not have 'жук', '😀': it reads them as [UNK]", run.Error, StringComparison.Ordinal);
            Assert.Single(run.Error.Split('\n'), text => text.Contains("[UNK]", StringComparison.Ordinal));
        }
        Assert.DoesNotContain("[UNK]", (await CliRun.Of("caption", Demo.Sample("00.png"), "--prompt", "a small", "--device", "cpu")).Error, StringComparison.Ordinal);
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
