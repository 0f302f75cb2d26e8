using System.Text.Json;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;
using Blip.Tests.Kernels;
using Blip.Tests.Models;
using ILGPU.Runtime;

namespace Blip.Tests.Generation;

/// <summary>A model with made-up weights on a device, and the reference's results for it.</summary>
internal sealed class GoldenRun : IDisposable
{
    private readonly CaptioningModel model;
    private readonly Generator generator;
    private string encoded = "";

    public GoldenRun(string name, string deviceId)
        : this(name, Variants.Open(deviceId))
    {
    }

    /// <summary>Takes the device over.</summary>
    public GoldenRun(string name, Device device, ModelOptions? options = null)
    {
        Golden = new GoldenModel(name, "captioning");
        Device = device;
        model = CaptioningModel.Load(ModelSource.Resolve($"synthetic:{name}"), device, options);
        generator = new Generator(device);
        Specials = ModelGoldens.Specials(name, "captioning");
    }

    public Device Device { get; }

    public GoldenModel Golden { get; }

    public SpecialTokens Specials { get; }

    public IReadOnlyList<IReadOnlyList<GeneratedSequence>> Generate(int[][] prompts, GenerationOptions options) =>
        generator.Generate(model, prompts, Specials, options);

    /// <summary>Runs a case and returns how many rows of it agreed.</summary>
    public int Check(JsonElement test)
    {
        var actual = Generate(test);
        var expected = test.GetProperty("sequences");
        Assert.Equal(expected.GetArrayLength(), actual.Count);
        Assert.True(test.GetProperty("fp32_agrees").GetBoolean(), $"{CaptioningGoldenTests.Name(test)} is a tie in the reference");
        for (var row = 0; row < actual.Count; row++)
        {
            Assert.True(GoldenOptions.Tokens(expected[row]).SequenceEqual(actual[row].Tokens),
                $"{CaptioningGoldenTests.Name(test)}, row {row}: {string.Join(' ', actual[row].Tokens)}, not {expected[row]}");
            if (!test.TryGetProperty("sequences_scores", out var scores))
                continue;
            var score = scores[row].GetDouble();
            Assert.True(Math.Abs(actual[row].Score - score) <= 1e-4 * Math.Abs(score),
                $"{CaptioningGoldenTests.Name(test)}, row {row}: score {actual[row].Score}, not {score}");
        }
        return actual.Count;
    }

    /// <summary>
    /// Runs the greedy case in a precision that may turn ties: each row says what the reference says up to the first word whose logit is
    /// not above the next best one's by more than <paramref name="gap"/>, and on from there where it takes the same word.
    /// </summary>
    /// <returns>How many words were not free to differ.</returns>
    public int CheckUntilTie(double gap)
    {
        var test = Golden.Generate.Single(one => CaptioningGoldenTests.Name(one) == "greedy");
        var (actual, logits) = (Generate(test), Golden.Stored("greedy.logits", out var shape));
        var (steps, words, decided) = ((int)shape[1], (int)shape[2], 0);
        for (var row = 0; row < actual.Count; row++)
        {
            var expected = GoldenOptions.Tokens(test.GetProperty("sequences")[row]);
            for (var token = 1; token < expected.Length; token++)
            {
                var best = logits.AsSpan(((row * steps) + token - 1) * words, words).ToArray().OrderDescending().Take(2).ToArray();
                var same = token < actual[row].Tokens.Length && actual[row].Tokens[token] == expected[token];
                if (best[0] - best[1] > gap)
                    Assert.True(same,
                        $"row {row}, token {token}: {string.Join(' ', actual[row].Tokens)}, not {string.Join(' ', expected)}");
                decided += best[0] - best[1] > gap ? 1 : 0;
                if (!same)
                    break;
            }
        }
        return decided;
    }

    private List<GeneratedSequence> Generate(JsonElement test)
    {
        var prompts = Prompts(test);
        if (CaptioningGoldenTests.Name(test).StartsWith("prompt-single-", StringComparison.Ordinal))
            EncodeOne(CaptioningGoldenTests.Name(test)[^1] - '0');
        else if (CaptioningGoldenTests.Name(test).StartsWith("interpolate-", StringComparison.Ordinal))
            Encode("pixel_values." + CaptioningGoldenTests.Name(test)["interpolate-".Length..]);
        else
            Encode("pixel_values");

        return [.. Generate(prompts, GoldenOptions.Read(test.GetProperty("options"))).SelectMany(image => image)];
    }

    /// <summary>As a captioner makes them: the start token takes the place of the first id, the closing one goes.</summary>
    public int[][] Prompts(JsonElement test)
    {
        if (!test.GetProperty("inputs").TryGetProperty("input_ids", out var ids))
            return [.. Enumerable.Repeat(new[] { Specials.Start }, test.GetProperty("pixel_values")[0].GetInt32())];
        return [.. ids.EnumerateArray().Select(row => (int[])[Specials.Start, .. GoldenOptions.Tokens(row)[1..^1]])];
    }

    public void Encode(string name)
    {
        if (encoded == name)
            return;
        if (Golden.Root.GetProperty("inputs").TryGetProperty(name, out var rule))
        {
            var size = rule.GetProperty("shape").EnumerateArray().Select(n => n.GetInt64()).ToArray();
            var values = new float[size.Aggregate(1L, (product, n) => product * n)];
            SyntheticTensors.Fill(rule.GetProperty("name").GetString()!, rule.GetProperty("offset").GetDouble(),
                rule.GetProperty("scale").GetDouble(), values);
            Encode(values, (int)size[0], size);
        }
        else
        {
            var values = Golden.Stored(name, out var shape);
            Encode(values, (int)shape[0], shape);
        }
        encoded = name;
    }

    public void Encode(ReadOnlySpan<float> pixels, int images, long[] shape)
    {
        using var upload = Device.Upload(pixels);
        upload.View.CopyTo(Device.Stream, model.Vision.PixelBuffer(images, (int)shape[2], (int)shape[3]));
        Device.Synchronize();
        model.Encode(images, (int)shape[2], (int)shape[3]);
        encoded = "";
    }

    public void Dispose()
    {
        generator.Dispose();
        model.Dispose();
        Device.Dispose();
        Golden.Dispose();
    }

    private void EncodeOne(int image)
    {
        var pixels = Golden.Stored("pixel_values", out var shape);
        var each = pixels.Length / (int)shape[0];
        Encode(pixels.AsSpan(image * each, each), 1, shape);
    }
}
