using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;

namespace Blip.Tests.Models;

/// <summary>BlipModel: every tensor of its goldens, judged by the reference's own errors.</summary>
public class ContrastiveModelTests(OpenDevices devices) : IClassFixture<OpenDevices>
{
    public static TheoryData<string, string> TinyOnDevices => ModelGoldens.OnDevices("tiny-square", "tiny-wide", "tiny-head64");

    [Theory, MemberData(nameof(TinyOnDevices))]
    public void A_tiny_model_agrees_with_the_reference(string name, string deviceId) => CheckAll(name, devices.Get(deviceId));

    /// <summary>Everything that a tiny model's golden holds.</summary>
    internal static void CheckAll(string name, Device device)
    {
        using var golden = new GoldenModel(name, "model");
        using var model = ContrastiveModel.Load(ModelSource.Resolve($"synthetic:{name}"), device);
        var images = ModelGoldens.Encode(golden, model);
        Check(golden, model, images);
    }

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void The_seeds_two_layers_of_full_width_agree_with_the_reference(string deviceId)
    {
        using var golden = new GoldenModel("base", "model");
        var device = devices.Get(deviceId);
        using var model = ContrastiveModel.Load(ModelSource.Resolve("synthetic:seed"), device);
        Check(golden, model, ModelGoldens.EncodeSynthetic(model, images: 2));
    }

    [Theory]
    [InlineData("tiny-square", Precision.Bf16, "bf16"), InlineData("tiny-square", Precision.Fp16, "fp16")]
    [InlineData("tiny-wide", Precision.Bf16, "bf16"), InlineData("tiny-wide", Precision.Fp16, "fp16")]
    [InlineData("tiny-head64", Precision.Bf16, "bf16"), InlineData("tiny-head64", Precision.Fp16, "fp16")]
    public void Low_precision_is_at_most_twice_as_far_off_as_the_reference(string name, Precision precision, string errors)
    {
        foreach (var deviceId in ((string[])["cpu", "opencl"]).Where(Devices.Has))
            CheckPrecision(name, devices.Get(deviceId), precision, errors);
    }

    internal static void CheckPrecision(string name, Device device, Precision precision, string errors)
    {
        using var golden = new GoldenModel(name, "model");
        using var model = ContrastiveModel.Load(
            ModelSource.Resolve($"synthetic:{name}"), device, new ModelOptions { Precision = precision });
        var output = model.Compare(ModelGoldens.Encode(golden, model), ModelGoldens.Texts(golden, "input_ids", "attention_mask"));
        golden.AssertClose("logits_per_image", Flat(output.LogitsPerImage), errors);
        golden.AssertClose("text_embeds", Flat(output.TextEmbeddings), errors);
        golden.AssertClose("image_embeds", Flat(output.ImageEmbeddings), errors);
    }

    [Theory, InlineData("image-features"), InlineData("text-features"), InlineData("multimodal-features")]
    public void Every_node_matters(string name)
    {
        var device = devices.Get("cpu");
        using var model = ContrastiveModel.Load(ModelSource.Resolve("synthetic:tiny-square"), device);
        var graph = model.Graphs.Single(graph => graph.Name == name);
        var keep = new List<IDisposable>();
        NodeAblation.EveryNodeMatters(
            model.Executor, graph, [("rows", 2), ("tokens", 5), ("images", 2), ("image_tokens", 7)], plan =>
                ModelGoldens.BindMadeUp(plan, model.Config.Text, keep));
        keep.ForEach(buffer => buffer.Dispose());
    }

    [Fact]
    public void The_loss_is_about_pairs()
    {
        var output = new ContrastiveOutput([[1, 0]], [[1, 0], [0, 1]], 2);
        Assert.Equal([[2, 0]], output.LogitsPerImage);
        Assert.Equal([[2], [0]], output.LogitsPerText);
        Assert.Contains("1 images and 2 texts", Assert.Throws<InvalidOperationException>(() => output.Loss()).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Similarity.Cosine([1, 2], [1]));
    }

    private static void Check(GoldenModel golden, ContrastiveModel model, ImageStates images)
    {
        var seen = new HashSet<string>();
        var side = model.Config.Vision.ImageSize;
        ModelGoldens.CheckVision(golden, model, (images.Images, side, side), "vision", seen);

        var texts = ModelGoldens.Texts(golden, "input_ids", "attention_mask");
        var output = model.Compare(images, texts);
        Close("logits_per_image", output.LogitsPerImage);
        Close("logits_per_text", output.LogitsPerText);
        Close("image_embeds", output.ImageEmbeddings);
        Close("text_embeds", output.TextEmbeddings);
        Close("get_image_features", model.ImageFeatures(images));
        Close("get_text_features", model.TextFeatures(texts));
        var states = ModelGoldens.RunAll(model.TextPlan(RecordedOutputs.HiddenStates, texts));
        Close("text.last_hidden_state", [states[$"text.hidden.{model.Config.Text.Layers}"]]);
        Close("text.pooler_output", [states[ContrastiveGraphs.Pooled]]);

        // As many texts as images.
        var pairs = texts[..images.Images];
        Close("get_multimodal_features", model.MultimodalFeatures(images, pairs));
        Close("contrastive_loss", [[(float)model.Compare(images, pairs).Loss()]], golden.RelativeError("logits_per_text"));
        Assert.Empty(golden.Names.Except(seen));

        void Close(string entry, IEnumerable<float[]> rows, double relative = 0)
        {
            golden.AssertClose(entry, Flat(rows), relative: relative);
            seen.Add(entry);
        }
    }

    private static float[] Flat(IEnumerable<float[]> rows) => [.. rows.SelectMany(row => row)];
}
