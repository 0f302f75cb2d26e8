using System.Text.Json;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;
using Blip.Tests.Kernels;
using Blip.Tests.Models;
using ILGPU.Runtime;

namespace Blip.Tests.Generation;

/// <summary>A model with made-up weights on a device, and what the reference says about it.</summary>
internal sealed class GoldenRun : IDisposable
{
    private readonly Device device;
    private readonly CaptioningModel model;
    private readonly Generator generator;
    private string encoded = "";

    public GoldenRun(string name, string deviceId)
        : this(name, Variants.Open(deviceId))
    {
    }

    /// <summary>Takes the device over.</summary>
    public GoldenRun(string name, Device device)
    {
        Golden = new GoldenModel(name, "captioning");
        this.device = device;
        model = CaptioningModel.Load(ModelSource.Resolve($"synthetic:{name}"), device);
        generator = new Generator(device);
        Specials = ModelGoldens.Specials(name, "captioning");
    }

    public GoldenModel Golden { get; }

    public SpecialTokens Specials { get; }

    public IReadOnlyList<IReadOnlyList<GeneratedSequence>> Generate(int[][] prompts, GenerationOptions options) =>
        generator.Generate(model, prompts, Specials, options);

    /// <summary>Runs a case and returns how many rows of it agreed.</summary>
    public int Check(JsonElement test)
    {
        var prompts = Prompts(test);
        if (CaptioningGoldenTests.Name(test).StartsWith("prompt-single-", StringComparison.Ordinal))
            EncodeOne(CaptioningGoldenTests.Name(test)[^1] - '0');
        else if (CaptioningGoldenTests.Name(test).StartsWith("interpolate-", StringComparison.Ordinal))
            Encode("pixel_values." + CaptioningGoldenTests.Name(test)["interpolate-".Length..]);
        else
            Encode("pixel_values");

        var actual = Generate(prompts, GoldenOptions.Read(test.GetProperty("options"))).SelectMany(image => image).ToList();
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
            Assert.True(Math.Abs(actual[row].Score - score) <= 1e-4 * Math.Abs(score), $"{CaptioningGoldenTests.Name(test)}, row {row}: score {actual[row].Score}, not {score}");
        }
        return actual.Count;
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
            SyntheticTensors.Fill(rule.GetProperty("name").GetString()!, rule.GetProperty("offset").GetDouble(), rule.GetProperty("scale").GetDouble(), values);
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
        using var upload = device.Upload(pixels);
        upload.View.CopyTo(device.Stream, model.PixelBuffer(images, (int)shape[2], (int)shape[3]));
        device.Synchronize();
        model.Encode(images, (int)shape[2], (int)shape[3]);
        encoded = "";
    }

    public void Dispose()
    {
        generator.Dispose();
        model.Dispose();
        device.Dispose();
        Golden.Dispose();
    }

    private void EncodeOne(int image)
    {
        var pixels = Golden.Stored("pixel_values", out var shape);
        var each = pixels.Length / (int)shape[0];
        Encode(pixels.AsSpan(image * each, each), 1, shape);
    }
}
