using System.Text.Json;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Passes;
using Blip.Runtime.Models;

namespace Blip.Tests.Models;

/// <summary>Matching and its vectors: the reference's answers, and a pair's answer in any company.</summary>
public class MatchingModelTests(OpenDevices devices) : IClassFixture<OpenDevices>
{
    private static readonly string[] Labels = ["cls", "enc"];

    public static TheoryData<string, string> TinyOnDevices => ModelGoldens.OnDevices("tiny-square", "tiny-wide", "tiny-head64");

    [Theory, MemberData(nameof(TinyOnDevices))]
    public void A_tiny_model_agrees_with_the_reference(string name, string deviceId) => CheckAll(name, devices.Get(deviceId));

    /// <summary>Everything that a tiny model's golden holds.</summary>
    internal static void CheckAll(string name, Device device)
    {
        using var golden = new GoldenModel(name, "retrieval");
        using var model = MatchingModel.Load(ModelSource.Resolve($"synthetic:{name}"), device);
        var seen = new HashSet<string>();
        var images = ModelGoldens.Encode(golden, model);
        foreach (var label in Labels)
        {
            var texts = ModelGoldens.Texts(golden, $"{label}.input_ids", $"{label}.attention_mask");
            Check($"{label}.itm", Flat(model.Match(images, texts)), golden.RelativeError($"{label}.itm.text"));
            Check($"{label}.itc", Cosines(model, images, texts), golden.RelativeError($"{label}.itc.text"), size: 1);
            var last = $"text.hidden.{model.Config.Text.Layers}";
            Check($"{label}.itm.text", ModelGoldens.RunAll(model.MatchPlan(RecordedOutputs.HiddenStates, images, texts))[last]);
            Check($"{label}.itc.text", ModelGoldens.RunAll(model.TextPlan(RecordedOutputs.HiddenStates, texts))[last]);
        }
        // Every image beside every text; an image is encoded once.
        var one = ModelGoldens.Texts(golden, "enc.input_ids", "enc.attention_mask");
        var pairs = Enumerable.Range(0, images.Images * one.Length).ToList();
        int[][] everyText = [.. pairs.Select(pair => one[pair % one.Length])];
        Check("pairs.itm", Flat(model.Match(images, everyText, [.. pairs.Select(pair => pair / one.Length)])));
        Assert.Empty(golden.Names.Except(seen));

        void Check(string entry, float[] values, double relative = 0, double size = 0)
        {
            golden.AssertClose(entry, values, relative: relative, size: size);
            seen.Add(entry);
        }
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
        using var golden = new GoldenModel(name, "retrieval");
        using var model = MatchingModel.Load(ModelSource.Resolve($"synthetic:{name}"), device, new ModelOptions { Precision = precision });
        var images = ModelGoldens.Encode(golden, model);
        foreach (var label in Labels)
        {
            var texts = ModelGoldens.Texts(golden, $"{label}.input_ids", $"{label}.attention_mask");
            golden.AssertClose($"{label}.itm", Flat(model.Match(images, texts)), errors);
            golden.AssertClose($"{label}.itc", Cosines(model, images, texts), errors);
        }
    }

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void A_full_size_model_agrees_with_the_reference(string deviceId)
    {
        using var golden = new GoldenModel("base", "retrieval");
        // The same image encoder.
        using var captioning = new GoldenModel("base", "captioning");
        var relative = captioning.RelativeError("vision.last_hidden_state");
        var device = devices.Get(deviceId);
        using var model = MatchingModel.Load(ModelSource.Resolve("synthetic:base"), device);
        var images = ModelGoldens.EncodeSynthetic(model, images: 1);
        foreach (var label in Labels)
        {
            var texts = ModelGoldens.Texts(golden, $"{label}.input_ids", $"{label}.attention_mask");
            golden.AssertClose($"{label}.itm", Flat(model.Match(images, texts)));
            golden.AssertClose($"{label}.itc", Cosines(model, images, texts), relative: relative, size: 1);
        }
    }

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void The_demo_images_have_the_references_answers(string deviceId)
    {
        var device = devices.Get(deviceId);
        using var demo = new DemoImages("retrieval");
        using var model = MatchingModel.Load(demo.Source, device);
        var answers = demo.Answers.ToList();
        var images = demo.Encode(model, [.. answers.Select(answer => answer.GetProperty("file").GetString()!).Distinct()], out var imageOf);
        var row = answers.Select(answer => imageOf[answer.GetProperty("file").GetString()!]).ToArray();
        var texts = answers.Select(answer => demo.Tokenizer.Encode(answer.GetProperty("text").GetString()!)).ToList();

        var matches = model.Match(images, texts, row);
        var reranked = model.Match(images, [.. texts.Select(text => (int[])[model.Config.Text.EncoderTokenId, .. text[1..]])], row);
        var (imageVectors, textVectors) = (model.EmbedImages(images), model.EmbedTexts(texts));
        var right = 0;
        for (var i = 0; i < answers.Count; i++)
        {
            Close(answers[i].GetProperty("itm"), [matches[i].NoMatch, matches[i].Match]);
            Close(answers[i].GetProperty("itm_enc"), [reranked[i].NoMatch, reranked[i].Match]);
            Assert.Equal(answers[i].GetProperty("match_probability").GetDouble(), matches[i].Probability, 1e-5);
            Assert.Equal(answers[i].GetProperty("itc").GetDouble(), Similarity.Cosine(imageVectors[row[i]], textVectors[i]), 1e-5);
            right += matches[i].Match > matches[i].NoMatch == (answers[i].GetProperty("truth").GetInt32() == 1) ? 1 : 0;
        }
        Assert.Equal(demo.Root.GetProperty("right").GetInt32(), right);

        static void Close(JsonElement expected, float[] actual) =>
            Assert.All(expected.EnumerateArray().Zip(actual), pair => Assert.Equal(pair.First.GetDouble(), pair.Second, 5e-5));
    }

    [Theory, InlineData(Precision.Fp16), InlineData(Precision.Bf16), InlineData(Precision.Int8), InlineData(Precision.W8A8)]
    public void Any_precision_tells_the_demo_pairs_apart(Precision precision)
    {
        using var demo = new DemoImages("retrieval");
        using var model = MatchingModel.Load(demo.Source, devices.Get("cpu"), new ModelOptions { Precision = precision });
        var answers = demo.Answers.ToList();
        var images = demo.Encode(model, [.. answers.Select(answer => answer.GetProperty("file").GetString()!).Distinct()], out var imageOf);
        var matches = model.Match(
            images, [.. answers.Select(answer => demo.Tokenizer.Encode(answer.GetProperty("text").GetString()!))],
            [.. answers.Select(answer => imageOf[answer.GetProperty("file").GetString()!])]);
        Assert.All(answers.Zip(matches),
            pair => Assert.Equal(
            pair.First.GetProperty("match_probability").GetDouble(), pair.Second.Probability, precision == Precision.W8A8 ? 0.01 : 0.03));
    }

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void A_pair_has_the_bits_that_it_has_alone(string deviceId)
    {
        using var golden = new GoldenModel("tiny-head64", "retrieval");
        var device = devices.Get(deviceId);
        using var model = MatchingModel.Load(ModelSource.Resolve("synthetic:tiny-head64"), device);
        int[][] three = ModelGoldens.Texts(golden, "cls.input_ids", "cls.attention_mask");
        // More than one run holds, of many lengths.
        var texts = Enumerable.Range(0, 70).Select(i => (int[])[.. three[i % 3], .. Enumerable.Range(20, i % 11)]).ToArray();
        var imageOf = Enumerable.Range(0, texts.Length).Select(i => i * 2 % 3).ToArray();
        using var kept = ModelGoldens.Encode(golden, model, keep: true);
        var together = model.Match(kept, texts, imageOf);
        var vectors = model.EmbedTexts(texts);

        for (var image = 0; image < 3; image++)
        {
            // One image in memory of its own, before and after its keys and values were there.
            using var single = model.Vision.Gather([(kept, image)]);
            Assert.Equal(model.EmbedImages(kept)[image], model.EmbedImages(single)[0]);
            for (var i = image; i < texts.Length; i += 17)
                Assert.Equal(model.Match(kept, [texts[i]], [image])[0], model.Match(single, [texts[i]])[0]);
        }
        for (var i = 0; i < texts.Length; i += 9)
        {
            Assert.Equal(model.Match(kept, [texts[i]], [imageOf[i]])[0], together[i]);
            Assert.Equal(model.EmbedTexts([texts[i]])[0], vectors[i]);
        }

        // Images encoded one by one, gathered in another order.
        var alone = Enumerable.Range(0, 3).Select(image =>
        {
            var pixels = golden.Stored("pixel_values", out var shape);
            var each = pixels.Length / (int)shape[0];
            ModelGoldens.Write(model, pixels.AsSpan(image * each, each), 1, (int)shape[2], (int)shape[3]);
            return model.Vision.Encode(1, (int)shape[2], (int)shape[3], keep: true);
        }).ToList();
        using var gathered = model.Vision.Gather([(alone[2], 0), (alone[0], 0), (alone[1], 0)]);
        Assert.Equal(together, model.Match(gathered, texts, [.. imageOf.Select(image => (image + 1) % 3)]));
        alone.ForEach(states => states.Dispose());
    }

    [Fact]
    public void Every_set_of_passes_gives_the_same_bits()
    {
        using var golden = new GoldenModel("tiny-wide", "retrieval");
        var device = devices.Get("cpu");
        var texts = ModelGoldens.Texts(golden, "cls.input_ids", "cls.attention_mask");
        float[]? first = null;
        foreach (var passes in GraphPasses.Subsets())
        {
            using var model = MatchingModel.Load(ModelSource.Resolve("synthetic:tiny-wide"), device, new ModelOptions { Passes = passes });
            var images = ModelGoldens.Encode(golden, model);
            float[] result = [.. Flat(model.Match(images, texts)), .. model.EmbedImages(images)[2], .. model.EmbedTexts(texts)[1]];
            golden.Stored("pixel_values", out var shape);
            Assert.Equal(model.EmbedImages(images), model.EmbedPixels(images.Images, (int)shape[2], (int)shape[3]));
            first ??= result;
            Assert.True(first.AsSpan().SequenceEqual(result), $"passes {passes} change the result");
        }
    }

    [Theory, InlineData("match"), InlineData("image-embedding"), InlineData("text-embedding")]
    public void Every_node_matters(string name)
    {
        var device = devices.Get("cpu");
        using var model = MatchingModel.Load(ModelSource.Resolve("synthetic:tiny-square"), device);
        var graph = model.Graphs.Single(graph => graph.Name == name);
        var keep = new List<IDisposable>();
        NodeAblation.EveryNodeMatters(
            model.Executor, graph, [("rows", 2), ("tokens", 5), ("images", 2), ("image_tokens", 7)], plan =>
                ModelGoldens.BindMadeUp(plan, model.Config.Text, keep));
        keep.ForEach(buffer => buffer.Dispose());
    }

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void Known_sizes_allocate_no_device_memory_and_handles_give_theirs_back(string deviceId)
    {
        var device = devices.Get(deviceId);
        var before = (device.LiveBuffers, device.AllocatedBytes);
        using (var model = MatchingModel.Load(ModelSource.Resolve("synthetic:tiny-square"), device))
        {
            int[][] texts = [[4, 5, 6], [4, 7]];
            Work();
            var (allocations, live) = (device.Allocations, (device.LiveBuffers, device.AllocatedBytes));
            Work();
            Assert.Equal(allocations, device.Allocations);

            var kept = ModelGoldens.EncodeSynthetic(model, 2, keep: true);
            var withoutText = kept.Bytes;
            model.Match(kept, texts);
            Assert.Equal(withoutText + (2L * kept.Tokens * 2 * model.Config.Text.HiddenSize * model.Config.Text.Layers * sizeof(float)),
                kept.Bytes);
            Assert.NotEqual(live, (device.LiveBuffers, device.AllocatedBytes));
            kept.Dispose();
            kept.Dispose();
            Assert.Equal(live, (device.LiveBuffers, device.AllocatedBytes));
            Assert.Throws<ObjectDisposedException>(() => model.Match(kept, texts));

            void Work()
            {
                // Not by way of an upload, which allocates.
                var states = model.Vision.Encode(2, model.Config.Vision.ImageSize, model.Config.Vision.ImageSize);
                model.Match(states, texts);
                model.EmbedImages(states);
                model.EmbedTexts(texts);
            }
        }
        Assert.Equal(before, (device.LiveBuffers, device.AllocatedBytes));
    }

    [Fact]
    public void What_does_not_fit_is_refused_before_any_kernel()
    {
        var device = devices.Get("cpu");
        using var model = MatchingModel.Load(ModelSource.Resolve("synthetic:tiny-square"), device);
        using var other = MatchingModel.Load(ModelSource.Resolve("synthetic:tiny-square"), device);
        using var images = ModelGoldens.EncodeSynthetic(model, 2, keep: true);
        Refused("no texts", () => model.Match(images, []));
        Refused("Text 1 has 0 tokens", () => model.Match(images, [[4], []]));
        Refused("takes 1 to 40", () => model.EmbedTexts([new int[41]]));
        Refused("token 99", () => model.EmbedTexts([[4, 99]]));
        Refused("token -1", () => model.EmbedTexts([[-1]]));
        Refused("3 texts for 2 images", () => model.Match(images, [[4], [4], [4]]));
        Refused("no image 2", () => model.Match(images, [[4]], [2]));
        Refused("1 images named for 2 texts", () => model.Match(images, [[4], [4]], [0]));
        Refused("another model", () => other.Match(images, [[4], [4]]));
        Refused("another model", () => other.EmbedImages(images));
        Refused("another model", () => other.Vision.Gather([(images, 0)]));
        Refused("no image 5", () => model.Vision.Gather([(images, 5)]));
        Refused("no images", () => model.Vision.Gather([]));
        Refused("patch", () => model.Vision.Encode(1, 3, 24));
        ModelGoldens.Write(model, new float[3 * 24 * 48], 1, 24, 48);
        Refused("tokens cannot be one batch", () => model.Vision.Gather([(images, 0), (model.Vision.Encode(1, 24, 48), 0)]));

        static void Refused(string part, Func<object> call) =>
            Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(call).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_another_head_is_refused()
    {
        var device = devices.Get("cpu");
        var source = ModelSource.Resolve(Path.Combine(AppContext.BaseDirectory, "weights", "captioning"));
        Assert.Contains("BlipForConditionalGeneration",
            Assert.Throws<CheckpointException>(() => MatchingModel.Load(source, device)).Message, StringComparison.Ordinal);
    }

    private static float[] Flat(IEnumerable<MatchLogits> matches) =>
        [.. matches.SelectMany(match => (float[])[match.NoMatch, match.Match])];

    private static float[] Cosines(MatchingModel model, ImageStates images, IReadOnlyList<int[]> texts) =>
        [.. Similarity.Products(model.EmbedImages(images), model.EmbedTexts(texts)).SelectMany(row => row)];
}
