using System.Text.Json;
using System.Text.Json.Nodes;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;
using Blip.Tests.Models;

namespace Blip.Tests.Checkpoints;

public class LoraAdapterTests
{
    private const string Query = "text_decoder.bert.encoder.layer.0.attention.self.query.weight";

    private static readonly ModelSource Tiny = ModelSource.Resolve("synthetic:tiny-square");
    private static readonly JsonElement Golden = JsonElement.Parse(File.ReadAllBytes(GoldenModel.Folder("lora", "lora.json")));

    [Theory]
    [InlineData("before")]
    [InlineData("lora")]
    [InlineData("rslora")]
    public void An_adapted_captioner_answers_as_peft_says(string adapter)
    {
        using var golden = new GoldenModel("tiny-square", "captioning");
        using var device = Device.Open("cpu");
        using var model = CaptioningModel.Load(Tiny.WithAdapter(adapter == "before" ? null : Folder(adapter)), device);
        using var generator = new Generator(device);
        var pixels = golden.Stored("pixel_values", out var shape);
        var (images, side) = (2, (int)shape[^1]);
        ModelGoldens.Write(model, pixels.AsSpan(0, images * 3 * side * side), images, side, side);
        using var states = ModelGoldens.Encode(model, images, side, side, keep: true);
        model.Use(states);

        var tokens = generator.Generate(
            model, [[97], [97]], ModelGoldens.Specials("tiny-square", "captioning"), new GenerationOptions { MaxLength = 16 },
            cancellationToken: TestContext.Current.CancellationToken);

        var expected = adapter == "before" ? Golden.GetProperty("before") : Golden.GetProperty(adapter).GetProperty("tokens");
        // The recording goes on after the stop token.
        Assert.Equal(Rows(expected, stop: 71), tokens.Select(image => string.Join(' ', image[0].Tokens)));
        if (adapter != "before")
            CheckLogits(model, Golden.GetProperty(adapter));
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("rslora")]
    public void Merged_weights_are_the_sum_rounded_once(string name)
    {
        var adapter = LoraAdapter.Load(Folder(name));
        using var plain = Tiny.OpenTensors();
        using var merged = Tiny.WithAdapter(Folder(name)).OpenTensors();
        var changed = adapter.Pairs.ToDictionary(pair => pair.Key);

        foreach (var key in plain.Keys)
        {
            var (before, after) = (plain.ReadAll(key), merged.ReadAll(key));
            if (changed.Remove(key, out var pair))
            {
                for (var i = 0; i < before.Length; i++)
                    Assert.Equal((float)(before[i] + (pair.Scale * Product(pair, i / pair.Width, i % pair.Width))), after[i]);
                Assert.NotEqual(before, after);
                var part = new float[before.Length - 7];
                merged.Read(key, 5, part);
                Assert.Equal(after[5..^2], part);
            }
            else
            {
                Assert.Equal(before, after);
            }
        }

        Assert.Empty(changed);
    }

    [Fact]
    public void Rank_patterns_and_rsLoRA_make_the_scale()
    {
        var config = LoraConfig.Load(Folder("rslora"));

        const string First = "text_decoder.bert.encoder.layer.0.output.dense", Second = "text_decoder.bert.encoder.layer.1.output.dense";
        Assert.Equal((3, 5), (config.RankOf(First), config.RankOf(Second)));
        Assert.Equal((6 / Math.Sqrt(3), 6 / Math.Sqrt(5)), (config.ScaleOf(First), config.ScaleOf(Second)));
        Assert.All(LoraAdapter.Load(Folder("lora")).Pairs, pair => Assert.Equal(2.0, pair.Scale));
        var whole = config with { AlphaPattern = [new("^text_decoder.*dense$", 12)], UseRsLora = false };
        Assert.Equal((4.0, 2.0), (whole.ScaleOf("text_decoder.bert.pooler.dense"), whole.ScaleOf("vision_model.dense")));
    }

    [Theory]
    [InlineData("peft_type", "\"IA3\"", "only LORA")]
    [InlineData("bias", "\"all\"", "bias is 'all'")]
    [InlineData("modules_to_save", "[\"itm_head\"]", "modules_to_save")]
    [InlineData("use_dora", "true", "use_dora")]
    [InlineData("lora_bias", "true", "lora_bias")]
    [InlineData("trainable_token_indices", "[1]", "trainable_token_indices")]
    [InlineData("init_lora_weights", "\"pissa_niter_4\"", "init_lora_weights")]
    [InlineData("r", "0", "above 0")]
    [InlineData("r", "\"four\"", "not a whole number")]
    [InlineData("lora_alpha", "null", "lora_alpha")]
    [InlineData("rank_pattern", "{\"(\":3}", "no regular expression")]
    [InlineData("rank_pattern", "{\"query\":-1}", "above 0")]
    [InlineData("r", "5", "says rank 5")]
    public void What_is_no_plain_adapter_is_refused_with_the_file_and_the_field(string field, string value, string words)
    {
        using var folder = new TemporaryFolder();
        Copy("lora", folder);
        var path = Path.Combine(folder.Path, LoraConfig.FileName);
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        json[field] = JsonNode.Parse(value);
        File.WriteAllText(path, json.ToJsonString());

        var error = Assert.Throws<CheckpointException>(() => LoraAdapter.Load(folder.Path));

        Assert.StartsWith(folder.Path, error.Message, StringComparison.Ordinal);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_adapter_of_another_model_is_refused()
    {
        var wide = ModelSource.Resolve("synthetic:tiny-wide").WithAdapter(Folder("lora"));
        var other = Assert.Throws<CheckpointException>(() => wide.OpenTensors());
        Assert.Contains("another model's", other.Message, StringComparison.Ordinal);
        Assert.Contains(LoraAdapter.FileName, other.Message, StringComparison.Ordinal);

        Refused("it is another model's", Pair("text_decoder.nothing.weight", 4, 4));
        Refused("word embeddings", Pair(CheckpointKeys.WordEmbeddings, 4, 4));

        static void Refused(string words, LoraPair pair)
        {
            using var folder = new TemporaryFolder();
            LoraWriter.Write(folder.Path, new LoraConfig { Rank = 1, Alpha = 1 }, [pair]);
            var error = Assert.Throws<CheckpointException>(() => Tiny.WithAdapter(folder.Path).OpenTensors());
            Assert.Contains(words, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("base_model.model.a.lora_embedding_A", "neither")]
    [InlineData("base_model.model.a.modules_to_save.weight", "neither")]
    [InlineData("a.lora_A.weight", "neither")]
    [InlineData("base_model.model.a.lora_A.weight", "lora_B.weight' is absent")]
    [InlineData("base_model.model.a.lora_B.weight", "lora_A.weight' is absent")]
    public void Tensors_that_cannot_be_merged_are_refused_by_name(string key, string words)
    {
        using var folder = new TemporaryFolder();
        Copy("lora", folder);
        using (var file = File.Create(Path.Combine(folder.Path, LoraAdapter.FileName)))
        {
            SafetensorsWriter.WriteHeader(file, [new TensorInfo(key, DType.Float32, [4, 1])]);
            file.Write(new byte[16]);
        }

        Assert.Contains(words, Assert.Throws<CheckpointException>(() => LoraAdapter.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Absent_files_are_told()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("no folder", Refused(Path.Combine(folder.Path, "absent")), StringComparison.Ordinal);
        Assert.Contains(LoraConfig.FileName, Refused(folder.Path), StringComparison.Ordinal);
        File.Copy(GoldenModel.Folder("lora", LoraConfig.FileName), Path.Combine(folder.Path, LoraConfig.FileName));
        Assert.Contains(LoraAdapter.FileName, Refused(folder.Path), StringComparison.Ordinal);

        static string Refused(string folder) => Assert.Throws<CheckpointException>(() => Tiny.WithAdapter(folder)).Message;
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("rslora")]
    public void A_written_adapter_has_pefts_keys_and_reads_back_bit_for_bit(string name)
    {
        using var folder = new TemporaryFolder();
        var adapter = LoraAdapter.Load(Folder(name));

        LoraWriter.Write(folder.Path, adapter.Config, adapter.Pairs);
        LoraWriter.Write(folder.Path, adapter.Config, adapter.Pairs);

        using var written = new SafetensorsFile(Path.Combine(folder.Path, LoraAdapter.FileName));
        using var original = new SafetensorsFile(Path.Combine(Folder(name), LoraAdapter.FileName));
        var keys = Golden.GetProperty(name).GetProperty("keys").EnumerateArray().Select(key => key.GetString());
        Assert.Equal(keys, written.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("pt", written.Metadata["format"]);
        foreach (var key in original.Keys)
        {
            Assert.Equal(original.Get(key).Shape, written.Get(key).Shape);
            Assert.Equal(original.ReadAll(key), written.ReadAll(key));
        }
        var again = LoraAdapter.Load(folder.Path);
        Assert.Equal(
            adapter.Pairs.Select(pair => (pair.Key, pair.Scale, pair.Rank)), again.Pairs.Select(pair => (pair.Key, pair.Scale, pair.Rank)));
        var files = Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        Assert.Equal([LoraConfig.FileName, LoraAdapter.FileName], files);
    }

    [Fact]
    public void A_written_config_has_fields_of_pefts_and_names_the_modules()
    {
        using var folder = new TemporaryFolder();
        var adapter = LoraAdapter.Load(Folder("lora"));

        LoraWriter.Write(folder.Path, adapter.Config, adapter.Pairs);

        var written = JsonNode.Parse(File.ReadAllText(Path.Combine(folder.Path, LoraConfig.FileName)))!.AsObject();
        var original = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder("lora"), LoraConfig.FileName)))!.AsObject();
        foreach (var (field, value) in written.Where(pair => pair.Key != "target_modules"))
            Assert.Equal(original[field]?.ToJsonString() ?? "null", field == "lora_dropout" ? "0.0" : value?.ToJsonString() ?? "null");
        Assert.Equal(["projection", "qkv", "query", "value"], written["target_modules"]!.AsArray().Select(module => (string)module!));
    }

    [Fact]
    public void A_pair_that_the_config_does_not_describe_is_not_written()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<ArgumentException>(() => LoraWriter.Write(folder.Path, new LoraConfig { Rank = 2, Alpha = 1 }, [Pair(Query, 4, 4)]));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_cache_of_merged_weights_lies_beside_the_adapter_and_is_no_other_models()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "weights", "captioning")))
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        var plain = ModelSource.Resolve(folder.Path);
        var place = Path.Combine(folder.Path, "adapter");
        using var tensors = plain.OpenTensors();
        var shape = tensors.Get(Query).Shape;
        LoraWriter.Write(place, new LoraConfig { Rank = 1, Alpha = 1 }, [Pair(Query, (int)shape[0], (int)shape[1])]);

        var adapted = plain.WithAdapter(place);

        Assert.Equal(Path.Combine(place, "adapter_model.fp32.blip-cache"), adapted.CacheFile("fp32"));
        Assert.True(SharedEncoder.Is(plain, adapted));
        using var merged = adapted.OpenTensors();
        Assert.Equal([.. tensors.Files, .. adapted.Adapter!.Files], merged.Files);
    }

    [Fact]
    public void Synthetic_models_with_an_adapter_share_an_encoder_only_where_it_is_the_same()
    {
        Assert.True(SharedEncoder.Is(Tiny, Tiny));
        // The first adapter changes the vision tower, the second one the decoder alone.
        Assert.False(SharedEncoder.Is(Tiny, Tiny.WithAdapter(Folder("lora"))));
        Assert.True(SharedEncoder.Is(Tiny, Tiny.WithAdapter(Folder("rslora"))));
    }

    private static string Folder(string adapter) => adapter == "lora" ? GoldenModel.Folder("lora") : GoldenModel.Folder("lora", adapter);

    private static LoraPair Pair(string key, int height, int width) =>
        new(key, 1, [.. Enumerable.Repeat(0.5f, width)], [.. Enumerable.Repeat(0.25f, height)], 1);

    private static double Product(LoraPair pair, int row, int column)
    {
        var sum = 0.0;
        for (var k = 0; k < pair.Rank; k++)
            sum += (double)pair.Up[(row * pair.Rank) + k] * pair.Down[(k * pair.Width) + column];
        return sum;
    }

    private static void Copy(string adapter, TemporaryFolder folder)
    {
        foreach (var file in Directory.GetFiles(Folder(adapter)))
            folder.Write(Path.GetFileName(file), File.ReadAllBytes(file));
    }

    private static IEnumerable<string> Rows(JsonElement rows, int stop)
    {
        foreach (var row in rows.EnumerateArray())
        {
            int[] ids = [.. row.EnumerateArray().Select(id => id.GetInt32())];
            var end = Array.IndexOf(ids, stop);
            yield return string.Join(' ', end < 0 ? ids : ids[..(end + 1)]);
        }
    }

    private static void CheckLogits(CaptioningModel model, JsonElement golden)
    {
        var prompts = golden.GetProperty("logits_of").EnumerateArray()
            .Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToArray()).ToArray();
        using var plan = model.Whole(RecordedOutputs.Nothing, [.. prompts.SelectMany(row => row)], prompts[0].Length, [0, 1], [], null);
        plan.Run();
        var (logits, tokens) = (plan.ReadOutput(DecoderGraphs.Logits), prompts[0].Length);
        var vocabulary = logits.Length / (prompts.Length * tokens);
        foreach (var (row, expected) in golden.GetProperty("logits_last").EnumerateArray().Index())
        {
            foreach (var (word, logit) in expected.EnumerateArray().Index())
            {
                var actual = logits[((((row + 1) * tokens) - 1) * vocabulary) + word];
                Assert.True(Math.Abs(actual - logit.GetDouble()) < 2e-5, $"row {row}, word {word}: {actual}, not {logit}");
            }
        }
    }
}
