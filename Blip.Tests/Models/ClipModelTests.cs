using System.Text.Json;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Tests.Models;

/// <summary>Clips as the authors' video code has them: the mean of the projected frames, and texts over all frames' tokens.</summary>
public class ClipModelTests
{
    public static TheoryData<string> AllDevices => ["cpu", "opencl"];

    [Theory, MemberData(nameof(AllDevices))]
    public void Vectors_and_matches_are_the_references(string device)
    {
        if (!Devices.Has(device))
            Assert.Skip($"no {device} device on this machine");
        var golden = Checkpoints.Goldens.Read("heads", "video.json");
        using var matcher = Matcher.Load(ModelSource.Resolve("synthetic:tiny-square"), new MatcherOptions { Device = device });
        matcher.InTurn(() => Check(golden, matcher), TestContext.Current.CancellationToken);
    }

    private static bool Check(JsonElement golden, Matcher matcher)
    {
        var (model, frames) = (matcher.Model, golden.GetProperty("frames").GetInt32());
        var pixels = new float[6 * 3 * 24 * 24];
        SyntheticTensors.Fill("video.pixel_values", 0.1, 1.0, pixels);
        ModelGoldens.Write(model, pixels, 6, 24, 24);
        var states = model.Vision.Encode(6, 24, 24);
        EncodedImage?[] clips = [new EncodedImage(states, 0) { Frames = frames }, new EncodedImage(states, frames) { Frames = frames }];
        int[][] texts = [.. Rows("text").Zip(Rows("mask"), (ids, mask) => ids[..mask.Sum()])];

        var vectors = matcher.Embedder.VectorsOf(clips);
        var textVectors = model.EmbedTexts(texts);
        for (var clip = 0; clip < clips.Length; clip++)
        {
            Close(golden.GetProperty("embeddings")[clip], [.. vectors[clip]!.Select(element => (double)element)]);
            Close(golden.GetProperty("cosine")[clip], [.. textVectors.Select(text => Similarity.Cosine(vectors[clip], text))]);
        }
        var seen = 0;
        foreach (var (joined, group) in matcher.Encoder.ForTexts(clips))
        {
            Assert.Equal(frames * states.Tokens, joined.Tokens);
            foreach (var (place, image) in group)
            {
                var matches = model.Match(
                    joined, [.. texts.Select(text => (int[])[model.Config.Text.EncoderTokenId, .. text[1..]])], [image, image, image]);
                Close(golden.GetProperty("matching_with_enc")[place], [.. matches.Select(match => match.Probability)]);
                seen++;
            }
        }
        Assert.Equal(2, seen);
        return true;

        IEnumerable<int[]> Rows(string name) =>
            golden.GetProperty(name).EnumerateArray().Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToArray());

        static void Close(JsonElement expected, double[] actual)
        {
            Assert.Equal(expected.GetArrayLength(), actual.Length);
            foreach (var (wanted, got) in expected.EnumerateArray().Zip(actual))
                Assert.Equal(wanted.GetDouble(), got, 2e-6);
        }
    }
}
