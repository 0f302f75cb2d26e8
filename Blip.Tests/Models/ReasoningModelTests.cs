using System.Text.Json;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using Blip.Tests.Checkpoints;

namespace Blip.Tests.Models;

/// <summary>Sentences about two images: the answers of the authors' own text encoder, and their checkpoints.</summary>
public class ReasoningModelTests(OpenDevices devices) : IClassFixture<OpenDevices>
{
    private static readonly int[] First = [0, 1, 2, 3], Second = [4, 5, 6, 7];

    private static readonly JsonElement Golden = Checkpoints.Goldens.Read("heads", "nlvr.json");

    public static TheoryData<string> AllDevices => ["cpu", "opencl"];

    internal static BlipConfig Config => BlipConfig.Load(GoldenModel.Folder("heads", "nlvr.config.json"));

    [Theory, MemberData(nameof(AllDevices))]
    public void Hidden_states_and_predictions_are_those_of_the_authors_code(string deviceId)
    {
        using var model = ReasoningModel.Load(ModelSource.Synthetic(Config), devices.Get(deviceId));
        using var hidden = new SafetensorsFile(GoldenModel.Folder("heads", "nlvr.safetensors"));
        var (images, texts) = (Encode(model), Texts());
        var errors = Golden.GetProperty("fp32").GetProperty("hidden").EnumerateArray().Select(error => error.GetDouble()).ToList();

        var outputs = ModelGoldens.RunAll(model.JudgePlan(RecordedOutputs.HiddenStates, images, texts, First, Second));
        for (var layer = 0; layer <= Config.Text.Layers; layer++)
            CheckRows(hidden.ReadAll($"lm.hidden.{layer}"), outputs[$"text.hidden.{layer}"], texts, 4 * errors[layer]);
        CheckLogits(model.Judge(images, texts, First, Second));
    }

    [Fact]
    public void A_sentence_has_the_answer_that_it_has_alone()
    {
        using var model = ReasoningModel.Load(ModelSource.Synthetic(Config), devices.Get("cpu"));
        var (images, texts) = (Encode(model), Texts());
        var together = model.Judge(images, texts, First, Second);
        for (var i = 0; i < texts.Length; i++)
            Assert.Equal(together[i], model.Judge(images, [texts[i]], [First[i]], [Second[i]])[0]);
        Assert.NotEqual(together[0], model.Judge(images, [texts[0]], [Second[0]], [First[0]])[0]);
    }

    [Fact]
    public void A_first_release_file_has_the_same_answers()
    {
        using var folder = new TemporaryFolder();
        using var tensors = new SyntheticTensorSource(Config, BlipHead.VisualReasoning);
        Write(folder, tensors, CheckpointKeys.Original, tensors.Keys);
        using var model = ReasoningModel.Load(ModelSource.Resolve(folder.Path), devices.Get("cpu"));
        Assert.Empty(model.ExtraKeys);
        CheckLogits(model.Judge(Encode(model), Texts(), First, Second));
    }

    [Fact]
    public void The_cross_attention_of_a_pre_training_checkpoint_is_copied_to_both_twins()
    {
        using var folder = new TemporaryFolder();
        using var tensors = new SyntheticTensorSource(Config, BlipHead.VisualReasoning);
        // The first twin of each layer under the name that pre-training has; the head and its matrices are there.
        Write(
            folder, tensors, key => CheckpointKeys.Original(key.Replace(".self0.", ".self.").Replace(".dense0.", ".dense.")),
            tensors.Keys.Where(key => !key.Contains(".self1.") && !key.Contains(".dense1.")));
        using var source = ModelSource.Resolve(folder.Path).OpenCheckpoint(BlipHead.VisualReasoning);
        Assert.Empty(source.ExtraKeys);
        foreach (var key in source.Keys.Where(key => key.Contains(".self1.") || key.Contains(".dense1.")))
            Assert.Equal(tensors.ReadAll(key.Replace(".self1.", ".self0.").Replace(".dense1.", ".dense0.")), source.ReadAll(key));
    }

    [Fact]
    public void A_checkpoint_without_the_head_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        using var tensors = new SyntheticTensorSource(Config, BlipHead.VisualReasoning);
        Write(folder, tensors, key => key, tensors.Keys.Where(key => !key.StartsWith("cls_head.", StringComparison.Ordinal)));
        var error = Assert.Throws<CheckpointException>(() => ReasoningModel.Load(ModelSource.Resolve(folder.Path), devices.Get("cpu")));
        Assert.Contains("cls_head.0.weight", error.Message);
        Assert.Contains("BLIP_NLVR", error.Message);
    }

    [Fact]
    public void The_full_size_tensors_are_those_of_the_first_release()
    {
        var manifest = ModelManifest.For(SyntheticModels.Config("base"), BlipHead.VisualReasoning);
        var entries = manifest.Entries.ToDictionary(entry => entry.Key);
        var golden = Checkpoints.Goldens.Read("heads", "nlvr-keys.json").EnumerateObject().ToList();
        foreach (var tensor in golden)
        {
            Assert.Equal(tensor.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()), entries[tensor.Name].Shape);
            Assert.Equal(tensor.Value.TryGetProperty("from", out var from) ? from.GetString() : null, entries[tensor.Name].CopiedFrom);
        }
        // The rest is the matcher's: both towers without its own cross-attention and heads.
        var matcher = ModelManifest.For(SyntheticModels.Config("base"), BlipHead.Retrieval).Entries.Select(entry => entry.Key);
        var rest = entries.Keys.Except(golden.Select(tensor => tensor.Name)).ToList();
        Assert.Empty(rest.Except(matcher));
        Assert.All(matcher.Except(rest), key => Assert.True(
            key.Contains("crossattention.self.") || key.Contains("crossattention.output.dense.") || key.Contains("_proj.")
                || key.StartsWith("itm_head.", StringComparison.Ordinal), key));
    }

    /// <summary>The golden's eight images: the first ones of the four pairs, then the second ones.</summary>
    internal static ImageStates Encode(BlipModel model)
    {
        var side = model.Config.Vision.ImageSize;
        var pixels = new float[8 * 3 * side * side];
        SyntheticTensors.Fill("nlvr.pixel_values", 0.1, 1.0, pixels);
        ModelGoldens.Write(model, pixels, 8, side, side);
        return model.Vision.Encode(8, side, side);
    }

    internal static int[][] Texts()
    {
        var inputs = Golden.GetProperty("inputs");
        return [.. Rows("ids").Zip(Rows("mask"), (ids, mask) => ids[..mask.Sum()])];

        IEnumerable<int[]> Rows(string name) =>
            inputs.GetProperty(name).EnumerateArray().Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToArray());
    }

    // The padding's values do not matter.
    private static void CheckRows(float[] expected, float[] actual, int[][] texts, double bound)
    {
        Assert.Equal(expected.Length, actual.Length);
        var (tokens, width) = (texts.Max(text => text.Length), Config.Text.HiddenSize);
        for (var row = 0; row < texts.Length; row++)
        {
            for (var i = row * tokens * width; i < ((row * tokens) + texts[row].Length) * width; i++)
                Assert.True(
                    Math.Abs((double)expected[i] - actual[i]) <= bound,
                        $"row {row}, element {i}: {actual[i]} for {expected[i]}, bound {bound:E1}");
        }
    }

    private static void CheckLogits(JudgementLogits[] logits)
    {
        var bound = 4 * Golden.GetProperty("fp32").GetProperty("predictions").GetDouble();
        foreach (var (i, wanted) in Golden.GetProperty("predictions").EnumerateArray().Index())
        {
            Assert.Equal(wanted[0].GetDouble(), logits[i].False, bound);
            Assert.Equal(wanted[1].GetDouble(), logits[i].True, bound);
            Assert.Equal(Golden.GetProperty("probability_true")[i].GetDouble(), logits[i].Probability, bound);
        }
    }

    private static void Write(TemporaryFolder folder, SyntheticTensorSource tensors, Func<string, string> name, IEnumerable<string> keys)
    {
        folder.Write("config.json", File.ReadAllBytes(GoldenModel.Folder("heads", "nlvr.config.json")));
        using var file = File.Create(Path.Combine(folder.Path, "model.safetensors"));
        SafetensorsWriter.Write(file, new Renamed(tensors, keys.ToDictionary(name)), [.. keys.Select(name)]);
    }

    private sealed class Renamed(ITensorSource source, Dictionary<string, string> names) : ITensorSource
    {
        public string Description => source.Description;

        public IReadOnlyCollection<string> Keys => names.Keys;

        public bool TryGet(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TensorInfo? info)
        {
            info = names.TryGetValue(key, out var name) ? source.Get(name) with { Key = key } : null;
            return info is not null;
        }

        public void Read(string key, long firstElement, Span<float> destination) => source.Read(names[key], firstElement, destination);

        public void Dispose()
        {
        }
    }
}
