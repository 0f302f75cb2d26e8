using System.Text.Json;

namespace Blip.Tests.Cli;

public sealed class CaptionCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("blip-caption").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static Task<CliRun> Caption(params string[] arguments) => CliRun.Of(["caption", "--device", "cpu", .. arguments]);

    private string Temporary(string name) => Path.Combine(folder, name);

    private static JsonElement[] Records(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(record => record.Clone())];
    }

    [Theory]
    [InlineData("greedy", 12)]
    [InlineData("greedy", 12, "--draft", "int8", "--batch-size", "1")]
    [InlineData("beam-3", 12, "--num-beams", "3")]
    [InlineData("prompt", 12, "--prompt", "a picture of")]
    [InlineData("beam-5-penalties", 12, "--num-beams", "5", "--repetition-penalty", "1.1", "--length-penalty", "0.7", "--min-length", "8")]
    public async Task Every_sample_has_the_references_answer(string way, int samples, params string[] options)
    {
        var run = await Caption([Demo.Samples, "--max-length", "32", "--format", "json", .. options]);
        var records = Records(run.Succeeded());
        var expected = Demo.Answers(way);
        Assert.Equal(samples, records.Length);
        Assert.Equal(Demo.Paths, records.Select(record => record.GetProperty("path").GetString()));
        Assert.Equal(expected.Select(answer => answer.Caption), records.Select(record => record.GetProperty("caption").GetString()));
        Assert.Equal(expected.Select(answer => answer.Tokens),
            records.Select(record => record.GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32()).ToArray()));
        foreach (var (answer, record) in expected.Zip(records))
        {
            if (answer.Score is { } score)
                Assert.Equal(score, record.GetProperty("score").GetDouble(), Math.Abs(score) * 1e-4);
        }
    }

    [Fact]
    public async Task Without_a_model_it_uses_the_demo_and_says_so()
    {
        var run = await Caption(Demo.Sample("00.png"));
        Assert.Equal("a large white ring on a cyan background\n", run.Succeeded());
        Assert.Contains("demo captioner", run.Error, StringComparison.Ordinal);
        Assert.Contains("--model Salesforce", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--draft int8 changes nothing with --num-beams", "--draft", "int8", "--num-beams", "2")]
    [InlineData("captions have no draft: it is for fp32", "--draft", "int8", "--precision", "bf16")]
    public async Task A_draft_that_is_not_used_is_told(string note, params string[] options) =>
        Assert.Contains(note, (await Caption([Demo.Sample("00.png"), .. options])).Error, StringComparison.Ordinal);

    [Fact]
    public async Task With_a_model_it_is_silent() => Assert.Equal("", (await Caption(Demo.Sample("00.png"), "--model", Demo.Model)).Error);

    [Fact]
    public async Task Standard_input_is_an_image()
    {
        var run = await CliRun.Of(File.ReadAllBytes(Demo.Sample("03.png")), "caption", "-", "--device", "cpu", "--format", "jsonl");
        Assert.StartsWith(
            """{"path":"-","caption":"a small black square on a brown background","tokens":[106,8,42,13,43,30,8,15,11,3],"score":""",
            run.Succeeded(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("standard input is one image, and - is given more than once", "caption - -")]
    [InlineData("--questions and --answers cannot both come from standard input", "ask x.png --questions - --answers -")]
    [InlineData("an image and --texts cannot both come from standard input", "match - --texts -")]
    public async Task Standard_input_is_read_once(string message, string command) =>
        (await CliRun.Of("a ring\n"u8.ToArray(), [.. command.Split(' '), "--device", "cpu"])).Refused(message);

    [Fact]
    public async Task A_bad_image_stops_nothing_and_is_reported_in_its_place()
    {
        var text = Temporary("notes.png");
        File.WriteAllText(text, "these are words");
        var missing = Temporary("missing.png");
        var run = await Caption(
            Demo.Sample("00.png"), text, missing, Temporary("no-*.png"), Demo.Sample("01.png"), "--format", "json", "--batch-size", "2");
        Assert.Equal(1, run.ExitCode);
        var records = Records(run.Output);
        Assert.Equal([false, true, true, true, false], records.Select(record => record.TryGetProperty("error", out _)));
        Assert.All(records.Where(record => record.TryGetProperty("error", out _)),
            record => Assert.Equal(["path", "error"], record.EnumerateObject().Select(property => property.Name)));
        Assert.Contains($"blip: {text}: ", run.Error, StringComparison.Ordinal);
        Assert.Contains($"blip: {missing}: there is no such file", run.Error, StringComparison.Ordinal);
        Assert.Contains("no file matches", run.Error, StringComparison.Ordinal);
        Assert.Equal(Demo.Answers("greedy")[1].Caption, records[4].GetProperty("caption").GetString());
    }

    [Fact]
    public async Task Several_sequences_are_an_array()
    {
        var records = Records((await Caption(Demo.Sample("00.png"), "--num-beams", "4", "--num-return-sequences", "3", "--format", "json"))
            .Succeeded());
        var captions = Assert.Single(records).GetProperty("captions").EnumerateArray().ToArray();
        Assert.Equal(3, captions.Length);
        Assert.All(captions, caption =>
            Assert.Equal(["caption", "tokens", "score"], caption.EnumerateObject().Select(property => property.Name)));
        var scores = captions.Select(caption => caption.GetProperty("score").GetDouble()).ToArray();
        Assert.Equal(scores.OrderDescending(), scores);
        Assert.Equal(Demo.Answers("beam-3")[0].Caption, captions[0].GetProperty("caption").GetString());
    }

    [Fact]
    public async Task Csv_of_a_folder_is_a_table()
    {
        var file = Temporary("captions.csv");
        var run = await Caption(Demo.Samples, "--format", "csv", "--output", file);
        Assert.Equal("", run.Succeeded());
        var lines = File.ReadAllText(file).Split("\r\n");
        Assert.Equal("path,caption,tokens,score,error", lines[0]);
        Assert.Equal(1 + 12 + 1, lines.Length);
        Assert.StartsWith($"{Demo.Sample("00.png")},a large white ring on a cyan background,106 8 25 50 40 30 8 19 11 3,-", lines[1],
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_size_changes_no_record()
    {
        var alone = (await Caption(Demo.Samples, "--format", "jsonl", "--batch-size", "1", "--num-beams", "2")).Succeeded();
        Assert.Equal(alone, (await Caption(Demo.Samples, "--format", "jsonl", "--batch-size", "5", "--num-beams", "2")).Succeeded());
    }

    [Fact]
    public async Task A_seed_fixes_the_draws()
    {
        string[] sampling = [Demo.Sample("00.png"), "--sample", "--temperature", "3", "--num-return-sequences", "4", "--format", "jsonl"];
        var first = (await Caption([.. sampling, "--seed", "1"])).Succeeded();
        Assert.Equal(first, (await Caption([.. sampling, "--seed", "1"])).Succeeded());
        Assert.NotEqual(first, (await Caption([.. sampling, "--seed", "2"])).Succeeded());
    }

    [Fact]
    public async Task Bad_words_never_come()
    {
        var run = await Caption(Demo.Sample("00.png"), "--bad-words", "white", "--bad-words", "cyan background");
        Assert.DoesNotContain("white", run.Succeeded(), StringComparison.Ordinal);
        Assert.DoesNotContain("cyan background", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_without_a_vocabulary_says_tokens()
    {
        var run = await Caption(Demo.Sample("00.png"), "--model", "synthetic:tiny-square", "--format", "jsonl");
        Assert.Contains("\"caption\":null,\"tokens\":[97,", run.Succeeded(), StringComparison.Ordinal);
        run = await Caption(Demo.Sample("00.png"), "--model", "synthetic:tiny-square");
        Assert.Matches(@"^97( \d+)+\n$", run.Succeeded());
        run = await Caption(Demo.Sample("00.png"), "--model", "synthetic:tiny-head64", "--format", "jsonl", "--vocab",
            Path.Combine(Demo.Model, "vocab.txt"));
        Assert.Contains("\"caption\":\"", run.Succeeded(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_attention_map_is_a_png_for_each_word()
    {
        (await Caption(Demo.Sample("03.png"), "--attention-map", Temporary("maps"))).Succeeded();
        var names = Directory.GetFiles(Temporary("maps"), "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => Path.GetRelativePath(Temporary("maps"), path));
        Assert.Equal(
            ["03/01-a.png", "03/02-small.png", "03/03-black.png", "03/04-square.png", "03/05-on.png", "03/06-a.png", "03/07-brown.png",
                "03/08-background.png", "03/contact-sheet.png"],
            names);
    }

    [Fact]
    public async Task A_profile_is_a_table_and_a_trace()
    {
        var trace = Temporary("trace.json");
        var run = await Caption(Demo.Sample("03.png"), "--profile", trace);
        run.Succeeded();
        Assert.Contains("GFLOP/s", run.Error, StringComparison.Ordinal);
        Assert.All(["resize", "Attention", "LogSoftmax", "TokenChoice"],
            step => Assert.Contains($" {step} ", run.Error, StringComparison.Ordinal));
        using var json = JsonDocument.Parse(File.ReadAllBytes(trace));
        Assert.True(json.RootElement.GetProperty("traceEvents").GetArrayLength() > 50);
    }

    [Theory]
    [InlineData("unknown option --num-beam, did you mean --num-beams?", "--num-beam", "3")]
    [InlineData("--num-beams is 0: give 1 to 64", "--num-beams", "0")]
    [InlineData("--max-length is 999: the model has 64 positions", "--max-length", "999")]
    [InlineData("--format is 'xml'; give one of text, json, jsonl, csv", "--format", "xml")]
    [InlineData("--precision is 'fp8'; give one of fp32, fp16, bf16", "--precision", "fp8")]
    [InlineData("--encoder-precision is 'fp8'; give one of auto, fp32, fp16, bf16, int8", "--encoder-precision", "fp8")]
    [InlineData("--draft is 'fp8'; give one of auto, off, int8", "--draft", "fp8")]
    [InlineData("--threads is -1: give 1 to", "--threads", "-1")]
    [InlineData("--batch-size is 100000: give 1 to", "--batch-size", "100000")]
    [InlineData("--prompt 'background", "--prompt",
        "background background background background background background background background background background background "
            + "background background background background background background background background background")]
    [InlineData("--prompt is", "--model", "synthetic:tiny-square", "--prompt", "a dog")]
    [InlineData("no/such/model", "--model", "no/such/model")]
    [InlineData("no/such/vocab.txt", "--vocab", "no/such/vocab.txt")]
    [InlineData("--output is '/no/such/folder/x.json'", "--output", "/no/such/folder/x.json")]
    [InlineData("--profile is 'photo.jpg'; a trace's name ends in .json", "--profile", "photo.jpg")]
    public async Task A_wrong_option_is_answered_with_its_name_and_what_to_do(string message, params string[] options) =>
        (await Caption([Demo.Sample("00.png"), .. options])).Refused(message);

    [Theory]
    [InlineData("tpu", "'tpu' is not a device")]
    [InlineData("cpu:x", "'cpu:x' is not a device")]
    [InlineData("opencl:99", "no device 'opencl:99'")]
    public async Task An_unknown_device_is_answered_with_those_there_are(string device, string message) =>
        (await CliRun.Of("caption", Demo.Sample("00.png"), "--device", device)).Refused(message);

    [Fact]
    public async Task Without_an_image_it_says_what_is_missing() => (await Caption()).Refused("PATH", "blip caption --help");

    [Fact]
    public async Task A_refused_run_leaves_the_output_alone()
    {
        var file = Temporary("kept.json");
        File.WriteAllText(file, "kept");
        (await Caption(Demo.Sample("00.png"), "--output", file, "--overwrite", "--max-length", "999")).Refused("--max-length");
        Assert.Equal("kept", File.ReadAllText(file));
    }
}
