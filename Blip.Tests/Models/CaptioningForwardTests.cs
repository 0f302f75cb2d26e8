using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Passes;
using Blip.Runtime.Models;
using ILGPU.Runtime;

namespace Blip.Tests.Models;

/// <summary>
/// Every tensor of the captioning goldens: hidden states, attention maps and logits, judged by the reference's own float32 errors.
/// </summary>
public class CaptioningForwardTests
{
    private static readonly string[] Tiny = ["tiny-square", "tiny-wide", "tiny-head64"];

    public static TheoryData<string, string> TinyOnDevices => ModelGoldens.OnDevices(Tiny);

    [Theory, MemberData(nameof(TinyOnDevices))]
    public void A_tiny_model_agrees_with_the_reference(string name, string deviceId)
    {
        using var device = Devices.Open(deviceId);
        CheckAll(name, device);
    }

    /// <summary>Every tensor of a tiny model's golden.</summary>
    internal static void CheckAll(string name, Device device)
    {
        using var golden = new GoldenModel(name, "captioning");
        using var model = CaptioningModel.Load(ModelSource.Resolve($"synthetic:{name}"), device);
        var checkedNames = new HashSet<string>();

        CheckVision("pixel_values", "vision");
        foreach (var sized in golden.Names.Where(entry => entry.EndsWith(".pooler_output", StringComparison.Ordinal)
            && entry.Split('.').Length == 3).Select(entry => entry.Split('.')[1]))
            CheckVision($"pixel_values.{sized}", $"vision.{sized}");

        Encode(golden, model, "pixel_values");
        var ids = golden.Input("labels.input_ids");
        var mask = golden.Input("labels.attention_mask");
        CheckWhole(golden, model, ids, mask, "lm", checkedNames);
        CheckLoss(golden, model, ids, mask, checkedNames);

        var captions = golden.Generate.First().GetProperty("sequences").EnumerateArray()
            .Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToArray()).ToArray();
        CheckGreedy(golden, model, captions, checkedNames);

        // An unchecked name is a failure.
        Assert.Empty(golden.Names.Except(checkedNames));

        void CheckVision(string pixels, string prefix)
        {
            Encode(golden, model, pixels);
            golden.Stored(pixels, out var shape);
            ModelGoldens.CheckVision(golden, model, ((int)shape[0], (int)shape[2], (int)shape[3]), prefix, checkedNames);
        }
    }

    [Theory]
    [InlineData("tiny-square", Precision.Bf16, "bf16"), InlineData("tiny-square", Precision.Fp16, "fp16")]
    [InlineData("tiny-wide", Precision.Bf16, "bf16"), InlineData("tiny-wide", Precision.Fp16, "fp16")]
    [InlineData("tiny-head64", Precision.Bf16, "bf16"), InlineData("tiny-head64", Precision.Fp16, "fp16")]
    public void Low_precision_is_at_most_twice_as_far_off_as_the_reference(string name, Precision precision, string errors)
    {
        foreach (var deviceId in ((string[])["cpu", "opencl"]).Where(Devices.Has))
        {
            using var device = Device.Open(deviceId);
            CheckPrecision(name, device, precision, errors);
        }
    }

    internal static void CheckPrecision(string name, Device device, Precision precision, string errors)
    {
        using var golden = new GoldenModel(name, "captioning");
        using var model = CaptioningModel.Load(
            ModelSource.Resolve($"synthetic:{name}"), device, new ModelOptions { Precision = precision });
        var (images, side) = (Encode(golden, model, "pixel_values"), model.Config.Vision.ImageSize);
        golden.AssertClose("vision.last_hidden_state",
            ModelGoldens.RunAll(model.Vision.Plan(RecordedOutputs.Nothing, images, side, side))[CaptioningGraphs.ImageEmbeddings], errors);
        var logits = RunWhole(
            model, RecordedOutputs.Nothing, golden.Input("labels.input_ids"), golden.Input("labels.attention_mask"))[DecoderGraphs.Logits];
        golden.AssertClose("lm.logits", logits, errors);
    }

    [Theory, InlineData("base"), InlineData("large")]
    public void A_full_size_model_agrees_with_the_reference(string name)
    {
        FullRun.Only();
        using var golden = new GoldenModel(name, "captioning");
        using var device = Device.Open("cpu");
        using var model = CaptioningModel.Load(ModelSource.Resolve($"synthetic:{name}"), device);
        var side = model.Config.Vision.ImageSize;
        ModelGoldens.EncodeSynthetic(model, images: 1);
        foreach (var (output, values) in ModelGoldens.RunAll(model.Vision.Plan(RecordedOutputs.HiddenStates, 1, side, side)))
            golden.AssertClose(ModelGoldens.Name(output, "vision"), values);

        var caption = golden.Generate.First().GetProperty("sequences")[0].EnumerateArray().Select(id => id.GetInt32()).ToArray();
        var results = RunWhole(model, RecordedOutputs.HiddenStates, [caption], null);
        foreach (var (output, values) in results)
            golden.AssertClose(output == DecoderGraphs.Logits ? "lm.logits" : output, values);
        golden.AssertClose("lm.logits.first", results[DecoderGraphs.Logits].AsSpan(0, model.VocabularySize));
    }

    [Fact]
    public void Every_set_of_passes_gives_the_same_bits()
    {
        using var golden = new GoldenModel("tiny-wide", "captioning");
        using var device = Device.Open("cpu");
        (float[] Logits, string Captions)? first = null;
        foreach (var passes in GraphPasses.Subsets())
        {
            using var model = CaptioningModel.Load(
                ModelSource.Resolve("synthetic:tiny-wide"), device, new ModelOptions { Passes = passes });
            using var generator = new Generator(device);
            var images = Encode(golden, model, SizedPixels(golden));
            var logits = RunWhole(model, RecordedOutputs.Nothing, golden.Input("labels.input_ids")[..images],
                golden.Input("labels.attention_mask")[..images])[DecoderGraphs.Logits];
            // The graphs of prompt and step, too.
            var text = model.Config.Text;
            var captions = generator.Generate(
                model, [.. Enumerable.Repeat(new[] { text.BosTokenId, 5, 6 }, images)],
                    new SpecialTokens(text.BosTokenId, text.SepTokenId, text.PadTokenId),
                new GenerationOptions { MaxLength = 14, NumBeams = 3 }, cancellationToken: TestContext.Current.CancellationToken);
            var result = (logits, string.Join(
                '|', captions.Select(beams => $"{string.Join(' ', beams[0].Tokens)} {BitConverter.DoubleToInt64Bits(beams[0].Score):X}")));
            first ??= result;
            Assert.True(first.Value.Logits.AsSpan().SequenceEqual(result.logits), $"passes {passes} change the result");
            Assert.Equal(first.Value.Captions, result.Item2);
        }
    }

    [Fact]
    public void Every_node_of_the_image_encoder_matters()
    {
        using var golden = new GoldenModel("tiny-square", "captioning");
        using var device = Device.Open("cpu");
        using var tensors = ModelSource.Resolve("synthetic:tiny-square").OpenTensors();
        using var weights = new WeightStore(device, tensors, _ => Blip.Kernels.DType.Float32);
        using var executor = new Executor(device, weights);
        var pixels = golden.Stored(SizedPixels(golden), out var shape);
        using var buffer = device.Upload<float>(pixels);
        var graph = executor.Optimize(
            new CaptioningGraphs(ModelSource.Resolve("synthetic:tiny-square").Config).Vision((int)shape[2], (int)shape[3]));
        NodeAblation.EveryNodeMatters(
            executor, graph, [("images", (int)shape[0])], plan => plan.Bind(graph.Input(CaptioningGraphs.Pixels), buffer.View));
    }

    [Fact]
    public void Every_node_of_the_decoder_matters()
    {
        using var golden = new GoldenModel("tiny-square", "captioning");
        using var device = Device.Open("cpu");
        using var tensors = ModelSource.Resolve("synthetic:tiny-square").OpenTensors();
        using var weights = new WeightStore(device, tensors, _ => Blip.Kernels.DType.Float32);
        using var executor = new Executor(device, weights);
        var config = ModelSource.Resolve("synthetic:tiny-square").Config;
        var graph = executor.Optimize(new CaptioningGraphs(config).Prompt());
        const int Rows = 2, Tokens = 5, Capacity = 8, ImageTokens = 7;
        using var ids = device.Upload<int>([.. golden.Input("labels.input_ids")[..Rows].SelectMany(row => row[..Tokens])]);
        using var zeros = device.Allocate<int>(Rows);
        using var rows = device.Upload<int>([0, 1]);
        using var last = device.Upload<int>([Tokens, 3]);
        var images = Enumerable.Range(0, config.Text.Layers).Select(layer =>
        {
            var values = new float[Rows * ImageTokens * 2 * config.Text.HiddenSize];
            SyntheticTensors.Fill($"image.{layer}", 0, 1, values);
            return device.Upload<float>(values);
        }).ToList();
        using var cache = device.Allocate<float>(2L * config.Text.Layers * Rows * Capacity * config.Text.HiddenSize);

        NodeAblation.EveryNodeMatters(
            executor, graph, [("rows", Rows), ("tokens", Tokens), ("cache_rows", Rows), ("capacity", Capacity), ("images", Rows),
            ("image_tokens", ImageTokens)], plan =>
        {
            cache.View.MemSetToZero(device.Stream);
            plan.Bind(graph.Input(CaptioningGraphs.Ids), ids.View);
            plan.Bind(graph.Input(DecoderGraphs.Start), zeros.View);
            plan.Bind(graph.Input(DecoderGraphs.PromptLengths), last.View);
            plan.Bind(graph.Input(DecoderGraphs.CacheRow), rows.View);
            plan.Bind(graph.Input(DecoderGraphs.WriteRow), rows.View);
            var each = cache.Length / (2 * config.Text.Layers);
            for (var layer = 0; layer < config.Text.Layers; layer++)
            {
                plan.Bind(graph.Input(CaptioningGraphs.ImageName(layer)), images[layer].View);
                plan.Bind(graph.Input(DecoderGraphs.KeyCacheName(layer)), cache.View.SubView(2 * layer * each, each));
                plan.Bind(graph.Input(DecoderGraphs.ValueCacheName(layer)), cache.View.SubView(((2 * layer) + 1) * each, each));
            }
        });
        images.ForEach(image => image.Dispose());
    }

    private static void CheckWhole(
        GoldenModel golden, CaptioningModel model, int[][] ids, int[][] mask, string prefix, HashSet<string> seen)
    {
        foreach (var (output, values) in RunWhole(
            model, RecordedOutputs.HiddenStates | RecordedOutputs.Attentions | RecordedOutputs.CrossAttentions, ids, mask))
        {
            var name = ModelGoldens.Name(output, prefix);
            golden.AssertClose(name, values);
            seen.Add(name);
        }
    }

    private static void CheckLoss(GoldenModel golden, CaptioningModel model, int[][] ids, int[][] mask, HashSet<string> seen)
    {
        var logits = RunWhole(model, RecordedOutputs.Nothing, ids, mask)[DecoderGraphs.Logits];
        golden.AssertClose("lm.loss", [ModelGoldens.Loss(logits, ids, mask, model.VocabularySize)]);
        seen.Add("lm.loss");
    }

    private static void CheckGreedy(GoldenModel golden, CaptioningModel model, int[][] captions, HashSet<string> seen)
    {
        // The reference pads finished captions, and goes on looking.
        golden.Stored("greedy.cross_attention.0", out var shape);
        var tokens = (int)shape[2];
        var padded = captions.Select(row => row.Concat(Enumerable.Repeat(model.Config.Text.PadTokenId, tokens - row.Length)).ToArray())
            .ToArray();
        var maps = padded.Select((row, image) => model.CrossAttention(image, row)).ToList();
        for (var layer = 0; layer < model.Config.Text.Layers; layer++)
        {
            golden.AssertClose($"greedy.cross_attention.{layer}",
                maps.SelectMany(map => map.Probabilities.Chunk(map.Probabilities.Length / map.Layers).ElementAt(layer)).ToArray());
            seen.Add($"greedy.cross_attention.{layer}");
        }

        var logits = RunWhole(model, RecordedOutputs.Nothing, padded, null)[DecoderGraphs.Logits];
        ModelGoldens.CheckSteps(golden, logits, captions, tokens, model.VocabularySize);
        seen.Add("greedy.logits");
    }

    private static string SizedPixels(GoldenModel golden) =>
        "pixel_values." + golden.Names.First(
            name => name.StartsWith("vision.", StringComparison.Ordinal) && name.Split('.')[1].Contains('x')).Split('.')[1];

    private static int Encode(GoldenModel golden, CaptioningModel model, string pixels) =>
        ModelGoldens.Encode(golden, model, pixels).Images;

    private static Dictionary<string, float[]> RunWhole(CaptioningModel model, RecordedOutputs watch, int[][] ids, int[][]? mask)
    {
        using var plan = model.Whole(
            watch, ids.SelectMany(row => row).ToArray(), ids[0].Length, [.. Enumerable.Range(0, ids.Length)],
                mask?.SelectMany(row => row).ToArray() ?? [], null);
        plan.Run();
        return plan.Graph.Outputs.Keys.ToDictionary(name => name, plan.ReadOutput);
    }
}
