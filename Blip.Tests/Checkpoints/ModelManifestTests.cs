using Blip.Runtime.Checkpoints;

namespace Blip.Tests.Checkpoints;

public class ModelManifestTests
{
    public static TheoryData<string> Names() =>
        [.. Goldens.Read("checkpoints", "manifests.json.gz").EnumerateObject().Select(manifest => manifest.Name)];

    [Theory, MemberData(nameof(Names))]
    public void Every_tensor_is_one_that_the_reference_saves(string name)
    {
        var golden = Goldens.Read("checkpoints", "manifests.json.gz").GetProperty(name);
        var manifest = Manifest(name);
        var expected = golden.GetProperty("keys").EnumerateObject()
            .Select(tensor => $"{tensor.Name} {tensor.Value.GetRawText().Replace(",", ", ")}").ToList();
        var actual = manifest.Entries.Select(entry => $"{entry.Key} {TensorInfo.Format(entry.Shape)}").ToList();
        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
        // The reference's list has the old releases' position_ids behind all else.
        Assert.Equal(expected.Where(line => !line.Contains("position_ids")), actual.Where(line => !line.Contains("position_ids")));
        Assert.Equal(golden.GetProperty("parameters").GetInt64(), manifest.TotalParameters);
    }

    [Fact]
    public void The_two_layer_model_of_the_seed_has_59329537_parameters() =>
        Assert.Equal(59_329_537, Manifest("seed/model").TotalParameters);

    [Fact]
    public void The_tree_is_printed_as_the_seed_shows_it()
    {
        var golden = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", "seed", "tree.txt"));
        Assert.Equal(golden.TrimEnd(), ModulePrinter.Tree(Manifest("seed/model").Root));
    }

    [Fact]
    public void The_parameter_table_is_printed_as_the_seed_shows_it()
    {
        var golden = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", "seed", "table.txt"));
        var table = ModulePrinter.ParameterTable(Manifest("seed/model").Root);
        Assert.StartsWith(table[..table.LastIndexOf('\n', table.Length - 2)], golden);
        Assert.Contains("Total params: 59,329,537", table);
    }

    [Fact]
    public void An_untied_output_matrix_counts()
    {
        var config = SyntheticModels.Config("tiny-square");
        var tied = ModelManifest.For(config, BlipHead.Captioning).TotalParameters;
        var untied = ModelManifest.For(
            config with { Text = config.Text with { TieWordEmbeddings = false } }, BlipHead.Captioning).TotalParameters;
        Assert.Equal(99 * 32, untied - tied);
    }

    [Fact]
    public void A_text_tower_that_is_no_decoder_has_no_cross_attention()
    {
        var config = SyntheticModels.Config("tiny-square");
        config = config with { Text = config.Text with { IsDecoder = false } };
        Assert.DoesNotContain(ModelManifest.For(config, BlipHead.Retrieval).Entries, entry => entry.Key.Contains("crossattention"));
    }

    [Fact]
    public void Answers_need_towers_of_one_width()
    {
        var error = Assert.Throws<CheckpointException>(
            () => ModelManifest.For(SyntheticModels.Config("large"), BlipHead.VisualQuestionAnswering));
        Assert.Contains("1024", error.Message);
    }

    private static ModelManifest Manifest(string name)
    {
        var (size, headName) = (name.Split('/')[0], name.Split('/')[1]);
        Assert.True(BlipHeads.TryParse(headName, out var head));
        return ModelManifest.For(SyntheticModels.Config(size), head);
    }
}
