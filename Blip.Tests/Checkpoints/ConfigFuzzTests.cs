using System.Text;
using Blip.Runtime.Checkpoints;
using CsCheck;

namespace Blip.Tests.Checkpoints;

public class ConfigFuzzTests
{
    private static readonly string[] Fields =
    [
        "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "image_size", "patch_size", "num_channels",
            "hidden_act", "layer_norm_eps",
        "vocab_size", "max_position_embeddings", "bos_token_id", "sep_token_id", "pad_token_id", "is_decoder", "tie_word_embeddings",
            "attention_dropout",
        "size", "image_mean", "image_std", "rescale_factor", "resample", "do_resize", "early_stopping", "bad_words_ids", "sequence_bias",
            "forced_eos_token_id",
        "exponential_decay_length_penalty", "top_k", "temperature",
    ];

    private static readonly Gen<string> Value = Gen.OneOf(
        Gen.Int.Select(n => n.ToString()), Gen.Int[-3, 2000].Select(n => n.ToString()), Gen.Double[-1e6, 1e6].Select(n => n.ToString("R")),
        Gen.OneOf("null", "true", "\"gelu\"", "\"\\ud800\"", "[]", "[1,2,3]", "[[1],[2,\"x\"]]", "[[[1],2]]", "{}",
            "{\"height\":5,\"width\":\"x\"}", "1e400", "99999999999999999999"));

    [Fact]
    public void No_values_break_the_configs()
    {
        var fields = Gen.Select(Gen.OneOf(Fields), Value, (field, value) => $"\"{field}\":{value}").Array[0, 5]
            .Select(items => $"{{{string.Join(",", items)}}}");
        Gen.Select(fields, fields).Sample(
            (vision, text) => ReadAll($$"""{"vision_config":{{vision}},"text_config":{{text}}}""", text), iter: 5000, threads: 1);
    }

    [Fact]
    public void No_bytes_break_the_configs()
    {
        var valid = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", "seed", "config.json"));
        Gen.Select(Gen.Int[0, valid.Length - 2], Gen.Int[0, 5], Gen.String).Sample(
            (at, cut, added) => ReadAll(valid[..at] + added + valid[Math.Min(at + cut, valid.Length)..], added), iter: 2000, threads: 1);
    }

    private static void ReadAll(string config, string other)
    {
        Fuzz.Refused(() => ModelManifest.For(BlipConfig.Parse(config) with { Head = null }, BlipHead.Captioning));
        foreach (var json in new[] { config, other })
        {
            Fuzz.Refused(() => PreprocessorConfig.Read(Parse(json), new VisionConfig()));
            Fuzz.Refused(() => GenerationDefaults.Read(Parse(json)));
        }
    }

    private static JsonFile Parse(string json) => JsonFile.Parse(Encoding.UTF8.GetBytes(json), "x.json");
}
