using System.Text;
using System.Text.Json;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Tracing;
using Blip.Tests.Tracing;

namespace Blip.Tests.Cli;

public sealed class TraceCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_caption_is_recorded_with_every_state_and_the_references_tokens()
    {
        var path = At("trace.safetensors");
        var run = await CliRun.Of("trace", Demo.Sample("00.png"), "--model", Demo.Model, "--device", "cpu", "--output", path);

        var output = run.Succeeded();
        Assert.StartsWith("a large white ring on a cyan background\n", output, StringComparison.Ordinal);
        using var file = new SafetensorsFile(path);
        string[] names =
        [
            "pixel_values", "input_ids", "vision.hidden.0", "vision.hidden.1", "vision.hidden.2", "vision.hidden.3", "vision.hidden.4",
            "vision.last_hidden_state", "vision.pooler_output", "lm.hidden.0", "lm.hidden.1", "lm.hidden.2", "lm.hidden.3", "lm.logits",
            "greedy.logits", "sequences",
        ];
        Assert.Equal(names.Order(StringComparer.Ordinal), file.Keys.Order(StringComparer.Ordinal));
        var tokens = Demo.Answers("greedy")[0].Tokens;
        Assert.Equal(tokens, file.ReadAll("sequences").Select(token => (int)token));
        Assert.Equal([1, tokens.Length, 128], file.Get("lm.hidden.3").Shape);
        Assert.Equal([1, 3, 96, 96], file.Get("pixel_values").Shape);
        // The steps as they ran, and all tokens at once, are one model.
        Assert.All(file.ReadAll("greedy.logits").Zip(file.ReadAll("lm.logits")), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
    }

    [Fact]
    public async Task The_smallest_lead_of_a_token_is_the_references()
    {
        foreach (var (path, index) in Demo.Paths.Take(3).Select((path, index) => (path, index)))
        {
            var run = await CliRun.Of("trace", path, "--model", Demo.Model, "--output", At("trace"), "--format", "json");
            using var json = JsonDocument.Parse(run.Succeeded());
            var least = json.RootElement.GetProperty("steps").EnumerateArray().Min(step => step.GetProperty("gap").GetDouble());
            Assert.Equal(Demo.Answers("greedy")[index].MinTopGap!.Value, least, 2e-3);
        }
    }

    [Fact]
    public async Task An_answer_is_recorded_with_the_questions_states()
    {
        var path = At("trace");
        var run = await CliRun.Of("trace", Demo.Sample("00.png"), "--question", "what color is the background?", "--output", path);

        Assert.StartsWith("cyan\n", run.Succeeded(), StringComparison.Ordinal);
        using var file = new SafetensorsFile(path);
        var question = file.Get("input_ids").Shape[1];
        Assert.Equal([1, question, 128], file.Get("text.hidden.3").Shape);
        Assert.Equal([1, 3, 128], file.Get("lm.hidden.3").Shape);
    }

    [Fact]
    public async Task A_match_is_recorded_with_the_references_logits_and_cosine()
    {
        var pair = DemoMatching.Pairs[0];
        var path = At("trace");
        (await CliRun.Of("trace", pair.Path, "--text", pair.Text, "--model", DemoMatching.Model, "--output", path)).Succeeded();

        using var file = new SafetensorsFile(path);
        Assert.All(file.ReadAll("cls.itm").Zip(pair.Logits), logits => Assert.Equal(logits.Second, logits.First, 1e-3));
        Assert.Equal(pair.Cosine, file.ReadAll("cls.itc")[0], 1e-4);
        Assert.Equal(file.Get("cls.itm.hidden.0").Shape, file.Get("cls.itm.text").Shape);
        Assert.Equal(file.Get("cls.itc.hidden.2").Shape, file.Get("cls.itc.text").Shape);
    }

    [Fact]
    public async Task A_model_without_a_task_is_recorded_with_its_vectors()
    {
        var path = At("trace");
        var vocabulary = Path.Combine(Demo.Model, "vocab.txt");
        var run = await CliRun.Of(
            "trace", Demo.Sample("00.png"), "--model", "synthetic:seed", "--vocab", vocabulary, "--text", "a star", "--output", path);

        Assert.StartsWith("logit ", run.Succeeded(), StringComparison.Ordinal);
        using var file = new SafetensorsFile(path);
        Assert.Equal(file.Get("text.hidden.0").Shape, file.Get("text.hidden.2").Shape);
        Assert.All((string[])["text_embeds", "image_embeds"], name => Assert.Equal(1, file.ReadAll(name).Sum(x => (double)x * x), 1e-4));
        Assert.Equal([1, 1], file.Get("logits_per_image").Shape);
    }

    [Fact]
    public async Task A_beam_search_is_recorded_without_steps()
    {
        await Trace(Demo.Model, At("beams"), "--num-beams", "3");
        await Trace(Demo.Model, At("greedy"));

        var run = await CliRun.Of("trace", "--compare", At("beams"), At("greedy"));

        Assert.StartsWith("no difference (15 tensors", run.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("alone holds greedy.logits", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_a_near_tie_decided_is_named_with_its_words_and_logits()
    {
        foreach (var (name, token, cat) in (ReadOnlySpan<(string, int, float)>)[("a", 1, 12.29f), ("b", 2, 12.33f)])
        {
            var tensors = new TraceRecording();
            tensors.AddIds("sequences", [0, token]);
            tensors.Add("lm.logits", [0, 12.31f, cat, 0, 0, 0, 0, 0], 1, 2, 4);
            folder.Write(name, tensors).Dispose();
        }

        var run = await CliRun.Of("trace", "--compare", At("a"), At("b"), "--tolerance", "1e-2");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            "first difference: sequences (the choice of tokens): tokens differ at 1: 'dog' (12.31) and 'cat' (12.33), a near-tie of 0.02\n",
            run.Output);
    }

    [Theory]
    [InlineData("vision_model.embeddings.patch_embedding.bias", "vision.hidden.0", "vision_model.embeddings")]
    [InlineData("vision_model.encoder.layers.2.mlp.fc1.weight", "vision.hidden.3", "vision_model.encoder.layers.2")]
    [InlineData("vision_model.post_layernorm.weight", "vision.last_hidden_state", "vision_model.post_layernorm")]
    [InlineData("text_decoder.bert.encoder.layer.1.crossattention.self.key.weight", "lm.hidden.2", "text_decoder.bert.encoder.layer.1")]
    [InlineData("text_decoder.cls.predictions.transform.dense.weight", "lm.logits", "text_decoder.cls")]
    public async Task A_changed_tensor_of_a_checkpoint_is_found_at_its_layer(string key, string tensor, string module)
    {
        var (ours, reference) = (At("ours"), At("reference"));
        await Trace(Changed(key), ours);
        await Trace(Demo.Model, reference);

        var run = await CliRun.Of("trace", "--compare", ours, reference);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"first difference: {tensor} ({module}): ", run.Output, StringComparison.Ordinal);
        Assert.Contains("of its rms at [0, ", run.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse((await CliRun.Of("trace", "--compare", ours, reference, "--format", "json")).Output);
        Assert.Equal(tensor, json.RootElement.GetProperty("first_difference").GetString());
        Assert.Equal(module, json.RootElement.GetProperty("module").GetString());
    }

    [Fact]
    public async Task Equal_traces_have_no_difference_and_every_tensor_has_a_line()
    {
        await Trace(Demo.Model, At("a"));
        await Trace(Demo.Model, At("b"));

        var output = (await CliRun.Of("trace", "--compare", At("a"), At("b"), "--verbose")).Succeeded();

        Assert.Contains("no difference (16 tensors, largest 0 of its rms in ", output, StringComparison.Ordinal);
        Assert.Equal(16, output.Split('\n').Count(line => line.Contains('[', StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("fp16")]
    [InlineData("bf16")]
    [InlineData("int8")]
    [InlineData("w8a8")]
    public async Task Another_precision_is_within_its_tolerance_and_told_of(string precision)
    {
        await Trace(Demo.Model, At("a"), "--precision", precision);
        await Trace(Demo.Model, At("b"));

        var run = await CliRun.Of("trace", "--compare", At("a"), At("b"));

        Assert.StartsWith("no difference", run.Succeeded(), StringComparison.Ordinal);
        Assert.Contains($"precision is {precision} in the first file and fp32 in the second", run.Error, StringComparison.Ordinal);
        // The demo's weights are 16 bits wide: fp16 keeps them as they are.
        var strict = await CliRun.Of("trace", "--compare", At("a"), At("b"), "--tolerance", "1e-4");
        Assert.Equal(precision == "fp16" ? 0 : 1, strict.ExitCode);
    }

    [Fact]
    public async Task Other_compatibility_and_another_prompt_differ_at_the_ids()
    {
        await Trace(Demo.Model, At("a"), "--compat", "original");
        await Trace(Demo.Model, At("b"));

        var run = await CliRun.Of("trace", "--compare", At("a"), At("b"));

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("first difference: input_ids (the tokenizer): ", run.Output, StringComparison.Ordinal);
        Assert.Contains("a picture of' and ", run.Output, StringComparison.Ordinal);
        Assert.Contains("compat is original in the first file and huggingface in the second", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_is_replaced_and_no_other_file_is()
    {
        await Trace(Demo.Model, At("trace"));
        await Trace(Demo.Model, At("trace"), "--prompt", "a");
        var weights = folder.Write("weights.safetensors", File.ReadAllBytes(Path.Combine(Demo.Model, "model.safetensors")));
        var before = File.ReadAllBytes(weights);
        foreach (var path in (string[])[weights, folder.Write("notes.txt", "mine")])
            (await CliRun.Of("trace", Demo.Sample("00.png"), "--output", path)).Refused("--output", path, "is no trace");
        Assert.Equal(before, File.ReadAllBytes(weights));
        var left = Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        Assert.Equal(["notes.txt", "trace", "weights.safetensors"], left);
    }

    [Fact]
    public async Task A_cut_or_foreign_file_is_refused_by_its_name()
    {
        await Trace(Demo.Model, At("a"));
        var cut = folder.Write("cut.safetensors", File.ReadAllBytes(At("a"))[..5000]);
        var text = folder.Write("words.txt", "these are words, and no tensors");

        (await CliRun.Of("trace", "--compare", cut, At("a"))).Refused(cut);
        (await CliRun.Of("trace", "--compare", At("a"), text)).Refused(text, "no safetensors file");
        (await CliRun.Of("trace", "--compare", At("a"), At("none"))).Refused(At("none"));
        (await CliRun.Of("trace", "--compare", At("a"), Path.Combine(Demo.Model, "model.safetensors"))).Refused("no tensor of one name");
    }

    [Fact]
    public async Task What_does_not_go_together_is_refused()
    {
        var (image, file) = (Demo.Sample("00.png"), At("trace"));
        (await CliRun.Of("trace", "--output", file)).Refused("give an image");
        (await CliRun.Of("trace", image)).Refused("--output");
        (await CliRun.Of("trace", image, image, "--output", file)).Refused("reads one image, and 2 are given");
        (await CliRun.Of("trace", Demo.Samples, "--output", file, "--model", Demo.Model)).Refused("more than one image");
        (await CliRun.Of("trace", At("none.png"), "--output", file, "--model", Demo.Model)).Refused("none.png");
        (await CliRun.Of("trace", image, "--output", file, "--batch-size", "2")).Refused("--batch-size");
        (await CliRun.Of("trace", "--compare", file)).Refused("--compare", "two files");
        (await CliRun.Of("trace", image, "--compare", file, file)).Refused(image, "--compare");
        (await CliRun.Of("trace", "--compare", file, file, "--precision", "fp16")).Refused("--precision", "--compare");
        (await CliRun.Of("trace", "--compare", file, file, "--tolerance", "-1")).Refused("--tolerance");
        (await CliRun.Of("trace", image, "--output", file, "--model", Demo.Model, "--question", "what?")).Refused("--question", "--prompt");
        (await CliRun.Of("trace", image, "--output", file, "--model", DemoMatching.Model)).Refused("--text");
        (await CliRun.Of("trace", image, "--output", file, "--text", "a star", "--num-beams", "3")).Refused("--num-beams");
        (await CliRun.Of("trace", image, "--output", file, "--model", Demo.Model, "--max-length", "1")).Refused("--max-length");
        Assert.False(File.Exists(file));
    }

    private string At(string name) => Path.Combine(folder.Path, name);

    private static async Task Trace(string model, string output, params string[] more) =>
        (await CliRun.Of(["trace", Demo.Sample("01.png"), "--model", model, "--device", "cpu", "--output", output, .. more])).Succeeded();

    /// <summary>A copy of the demo captioner in which one tensor, of 16 bits, is a little larger.</summary>
    private string Changed(string key)
    {
        var copy = Directory.CreateDirectory(At("changed")).FullName;
        foreach (var file in Directory.GetFiles(Demo.Model))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        var weights = Path.Combine(copy, "model.safetensors");
        var bytes = File.ReadAllBytes(weights);
        var length = (int)BitConverter.ToInt64(bytes);
        using var header = JsonDocument.Parse(Encoding.UTF8.GetString(bytes, 8, length));
        var tensor = header.RootElement.GetProperty(key);
        Assert.Equal("F16", tensor.GetProperty("dtype").GetString());
        var range = tensor.GetProperty("data_offsets").EnumerateArray().Select(offset => 8 + length + offset.GetInt32()).ToArray();
        for (var at = range[0]; at < range[1]; at += 2)
        {
            var value = (float)BitConverter.ToHalf(bytes, at);
            BitConverter.TryWriteBytes(bytes.AsSpan(at), (Half)((value * 1.05f) + 0.01f));
        }
        File.WriteAllBytes(weights, bytes);
        return copy;
    }
}
