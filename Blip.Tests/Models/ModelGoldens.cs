using System.Text.Json;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Graph;
using Blip.Runtime.Models;
using ILGPU.Runtime;

namespace Blip.Tests.Models;

/// <summary>The common tests of all heads with a model and its golden.</summary>
internal static class ModelGoldens
{
    /// <summary>The tiny models, each on the devices that tests run on.</summary>
    public static TheoryData<string, string> OnDevices(params ReadOnlySpan<string> models)
    {
        var data = new TheoryData<string, string>();
        foreach (var model in models)
        {
            data.Add(model, "cpu");
            data.Add(model, "opencl");
        }
        return data;
    }

    /// <summary>Copies pixels to the model's buffer.</summary>
    public static void Write(BlipModel model, ReadOnlySpan<float> pixels, int images, int height, int width)
    {
        using var upload = model.Device.Upload(pixels);
        upload.View.CopyTo(model.Device.Stream, model.Vision.PixelBuffer(images, height, width));
        model.Device.Synchronize();
    }

    /// <summary>Encodes a golden's images.</summary>
    public static ImageStates Encode(GoldenModel golden, BlipModel model, string name = "pixel_values", bool keep = false)
    {
        var values = golden.Stored(name, out var shape);
        Write(model, values, (int)shape[0], (int)shape[2], (int)shape[3]);
        return Encode(model, (int)shape[0], (int)shape[2], (int)shape[3], keep);
    }

    /// <summary>Encodes images of the config's size that the rule of the synthetic weights makes: those of the full-size goldens.</summary>
    public static ImageStates EncodeSynthetic(BlipModel model, int images, bool keep = false)
    {
        var side = model.Config.Vision.ImageSize;
        var pixels = new float[images * 3 * side * side];
        SyntheticTensors.Fill("pixel_values", 0.1, 1.0, pixels);
        Write(model, pixels, images, side, side);
        return Encode(model, images, side, side, keep);
    }

    /// <summary>Encodes the images in the pixel buffer; a captioner captions them from now on.</summary>
    public static ImageStates Encode(BlipModel model, int images, int height, int width, bool keep = false) =>
        model is CaptioningModel captioning
            ? captioning.Encode(images, height, width, keep)
            : model.Vision.Encode(images, height, width, keep);

    /// <summary>A golden's texts without their padding.</summary>
    public static int[][] Texts(GoldenModel golden, string ids, string mask) =>
        [.. golden.Input(ids).Zip(golden.Input(mask), (row, words) => row[..words.Sum()])];

    /// <summary>All outputs of a plan.</summary>
    public static Dictionary<string, float[]> RunAll(Plan plan)
    {
        using (plan)
        {
            plan.Run();
            return plan.Graph.Outputs.Keys.ToDictionary(name => name, plan.ReadOutput);
        }
    }

    /// <summary>Compares the image encoder's states over the pixel buffer with the golden's; the names are added to the set.</summary>
    public static void CheckVision(
        GoldenModel golden, BlipModel model, (int Images, int Height, int Width) size, string prefix, HashSet<string> seen)
    {
        foreach (var (output, values) in RunAll(
            model.Vision.Plan(RecordedOutputs.HiddenStates | RecordedOutputs.Attentions, size.Images, size.Height, size.Width)))
        {
            var name = Name(output, prefix);
            if (!golden.Names.Contains(name) && name.Contains(".attention.", StringComparison.Ordinal))
                continue;
            golden.AssertClose(name, values);
            seen.Add(name);
        }
    }

    /// <summary>vision_model.encoder.layers.1.self_attn.probabilities is vision.attention.1.</summary>
    public static string Name(string output, string prefix)
    {
        var parts = output.Split('.');
        if (output == DecoderGraphs.Logits)
            return $"{prefix}.logits";
        if (output == BlipGraphs.ImageEmbeddings)
            return $"{prefix}.last_hidden_state";
        if (parts[^1] == "probabilities")
        {
            var kind = output.Contains("crossattention", StringComparison.Ordinal) ? "cross_attention" : "attention";
            return $"{prefix}.{kind}.{parts.First(part => int.TryParse(part, out _))}";
        }
        return prefix + output[output.IndexOf('.')..];
    }

    /// <summary>Cross-entropy of the next word, padding left out: the reference's training loss.</summary>
    public static float Loss(ReadOnlySpan<float> logits, int[][] ids, int[][] mask, int vocabulary)
    {
        var (tokens, losses) = (ids[0].Length, new List<double>());
        for (var row = 0; row < ids.Length; row++)
        {
            for (var t = 0; t + 1 < tokens && mask[row][t + 1] == 1; t++)
            {
                var at = logits.Slice(((row * tokens) + t) * vocabulary, vocabulary).ToArray();
                losses.Add(Math.Log(at.Sum(logit => Math.Exp(logit))) - at[ids[row][t + 1]]);
            }
        }
        return (float)losses.Average();
    }

    /// <summary>The logits of each step of a greedy search are those of the whole sequence, until it ended.</summary>
    /// <param name="golden">Holds <c>greedy.logits</c> <c>[rows, steps, vocabulary]</c>.</param>
    /// <param name="logits">Of the padded sequences <c>[rows, tokens, vocabulary]</c>.</param>
    /// <param name="sequences">Without padding.</param>
    /// <param name="tokens">With it.</param>
    /// <param name="vocabulary">Words.</param>
    public static void CheckSteps(GoldenModel golden, float[] logits, int[][] sequences, int tokens, int vocabulary)
    {
        var wanted = golden.Stored("greedy.logits", out var shape);
        var steps = (int)shape[1];
        // A slice of the words stands for a model whose captions have all steps.
        if (shape[2] < vocabulary)
        {
            Assert.All(sequences, row => Assert.Equal(steps + 1, row.Length));
            golden.AssertClose("greedy.logits", logits.AsSpan(0, steps * vocabulary));
            return;
        }
        var perStep = new float[sequences.Length * steps * vocabulary];
        for (var row = 0; row < sequences.Length; row++)
        {
            logits.AsSpan(row * tokens * vocabulary, steps * vocabulary).CopyTo(perStep.AsSpan(row * steps * vocabulary));
            // After the stop token the reference's rows are an accident of its padding.
            var end = ((row * steps) + sequences[row].Length - 1) * vocabulary;
            wanted.AsSpan(end, ((row + 1) * steps * vocabulary) - end).CopyTo(perStep.AsSpan(end));
        }
        golden.AssertClose("greedy.logits", perStep);
    }

    /// <summary>The stop token is one that a random model likes to say; the golden's own config names it.</summary>
    public static SpecialTokens Specials(string model, string head)
    {
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GoldenModel.Folder("models", model, head), "config.json")));
        var text = config.RootElement.GetProperty("text_config");
        return new SpecialTokens(text.GetProperty("bos_token_id").GetInt32(), text.GetProperty("sep_token_id").GetInt32(),
            text.GetProperty("pad_token_id").GetInt32());
    }

    /// <summary>Binds every input of a graph to made-up values that its kernels can take; the buffers live as long as the list.</summary>
    public static void BindMadeUp(Plan plan, TextConfig text, List<IDisposable> keep)
    {
        foreach (var input in plan.Graph.Inputs)
        {
            var length = (int)plan.Length(input);
            if (input.Type == DType.Float32)
            {
                var values = new float[length];
                SyntheticTensors.Fill(input.Name, 0, 1, values);
                keep.Add(Bound(values, view => plan.Bind(input, view)));
            }
            else
            {
                var width = plan.Sizes.Of(input)[^1];
                keep.Add(Bound([.. Enumerable.Range(0, length).Select(i => input.Name switch
                {
                    // The last token of each row is padding.
                    BlipGraphs.Mask or "question_mask" => i % width == width - 1 ? 0 : 1,
                    BlipGraphs.ImageRow or "question_row" => i,
                    _ => (5 + (7 * i)) % text.VocabularySize,
                })], (ILGPU.ArrayView<int> view) => plan.Bind(input, view)));
            }
        }

        IDisposable Bound<T>(T[] values, Action<ILGPU.ArrayView<T>> bind)
            where T : unmanaged
        {
            var buffer = plan.Device.Upload<T>(values);
            bind(buffer.View);
            return buffer;
        }
    }
}
