using System.Text.Json;

namespace Blip.Tests.Cli;

public class InfoCommandTests
{
    [Fact]
    public async Task Text_is_the_tree_the_tensors_and_the_total()
    {
        var output = (await CliRun.Of("info", "synthetic:seed")).Succeeded();
        Assert.StartsWith("BlipModel(\n  (text_model): BlipTextModel(\n", output, StringComparison.Ordinal);
        Assert.Matches(@"\n +text_model\.encoder\.layer\.1\.crossattention\.self\.key\.weight +\[768, 768\] +589,824 +\n", output);
        Assert.Contains("Total params: 59,329,537", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("seed", "model")]
    [InlineData("base", "captioning")]
    [InlineData("base", "model")]
    [InlineData("base", "retrieval")]
    [InlineData("base", "vqa")]
    [InlineData("large", "captioning")]
    [InlineData("large", "model")]
    [InlineData("large", "retrieval")]
    public async Task Json_agrees_with_the_references_checkpoints_tensor_by_tensor(string size, string head)
    {
        using var json = JsonDocument.Parse((await CliRun.Of("info", $"synthetic:{size}", "--head", head, "--format", "json")).Succeeded());
        var golden = Checkpoints.Goldens.Read("checkpoints", "manifests.json.gz").GetProperty($"{size}/{head}");
        Assert.Equal(golden.GetProperty("parameters").GetInt64(), json.RootElement.GetProperty("parameters").GetInt64());
        Assert.Equal(
            golden.GetProperty("keys").EnumerateObject().ToDictionary(row => row.Name, row => string.Join(',', row.Value.EnumerateArray())),
            json.RootElement.GetProperty("tensors").EnumerateObject()
                .ToDictionary(row => row.Name, row => string.Join(',', row.Value.GetProperty("shape").EnumerateArray())));
    }

    [Fact]
    public async Task A_folder_with_nothing_but_a_config_is_enough()
    {
        var folder = Directory.CreateTempSubdirectory("blip-info");
        try
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, "weights", "captioning", "config.json"),
                Path.Combine(folder.FullName, "config.json"));
            using var json = JsonDocument.Parse((await CliRun.Of("info", folder.FullName, "--format", "json")).Succeeded());
            Assert.Equal("BlipForConditionalGeneration", json.RootElement.GetProperty("architecture").GetString());
            Assert.False(json.RootElement.GetProperty("weights").GetBoolean());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_graph_is_what_runs()
    {
        var text = (await CliRun.Of("info", "synthetic:tiny-square", "--graph")).Succeeded();
        Assert.All(["graph vision", "graph image-keys-values", "graph prompt", "graph step", "LayerNorm", "vision_model.post_layernorm"],
            word => Assert.Contains(word, text, StringComparison.Ordinal));
        var chart = (await CliRun.Of("info", "synthetic:tiny-square", "--graph", "mermaid")).Succeeded();
        Assert.Equal(4, chart.Split("flowchart TD").Length - 1);
        (await CliRun.Of("info", "synthetic:base", "--graph", "dot")).Refused("--graph", "'dot'");
    }

    [Theory]
    [InlineData("model", "graph image-features", "graph text-features", "graph multimodal-features", "text_model.pooler.dense",
        "L2Normalize")]
    [InlineData("retrieval", "graph match", "graph image-embedding", "graph text-embedding", "itm_head", "vision_proj", "text_proj")]
    [InlineData("vqa", "graph question", "graph prompt", "graph step", "graph scores", "text_encoder.embeddings", "question_mask",
        "LogSoftmax")]
    public async Task Every_head_shows_its_graphs(string head, params string[] parts)
    {
        var text = (await CliRun.Of("info", "synthetic:tiny-square", "--head", head, "--graph")).Succeeded();
        Assert.All([.. parts, "graph vision", "graph image-keys-values"], word => Assert.Contains(word, text, StringComparison.Ordinal));
        (await CliRun.Of("info", "synthetic:tiny-wide", "--head", "vqa", "--graph")).Refused("vqa", "one width");
    }

    [Fact]
    public async Task A_model_that_is_not_there_is_refused() => (await CliRun.Of("info", "no/such/model")).Refused("no/such/model");

    [Fact]
    public async Task An_unknown_synthetic_model_is_answered_with_those_there_are() =>
        (await CliRun.Of("info", "synthetic:huge")).Refused("synthetic:huge", "synthetic:base");
}
