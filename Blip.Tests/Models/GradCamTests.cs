using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using ILGPU.Runtime;

namespace Blip.Tests.Models;

/// <summary>
/// Where matched texts looked: Grad-CAM against the reference's maps, layer by layer, and rollout against its required sums.
/// </summary>
public class GradCamTests
{
    [Theory]
    [InlineData("tiny-square", "cpu"), InlineData("tiny-wide", "cpu"), InlineData("tiny-head64", "cpu")]
    [InlineData("tiny-square", "opencl"), InlineData("tiny-wide", "opencl"), InlineData("tiny-head64", "opencl")]
    public void Maps_of_the_matching_head_agree_with_the_reference(string name, string id)
    {
        using var golden = new GoldenModel(name, "retrieval");
        using var expected = new SafetensorsFile(GoldenModel.Folder("gradcam.safetensors"));
        using var device = Devices.Open(id);
        using var model = MatchingModel.Load(ModelSource.Resolve($"synthetic:{name}"), device);
        var images = Encode(model, golden);
        var (ids, mask) = (golden.Input("cls.input_ids"), golden.Input("cls.attention_mask"));
        for (var layer = 0; layer < model.Config.Text.Layers; layer++)
        {
            var want = expected.ReadAll($"{name}.{layer}");
            var each = want.Length / ids.Length;
            double squares = 0, size = 0;
            for (var row = 0; row < ids.Length; row++)
            {
                // Padding is not part of a text here; the reference's map of it is zero.
                var words = mask[row].Sum();
                var map = model.Attention(images, ids[row][..words], row, AttentionMethod.GradCam, layer);
                var patches = map.ImageTokens - 1;
                for (var i = 0; i < each; i++)
                {
                    var actual = i / patches < words ? map.Probabilities[(i / patches * map.ImageTokens) + 1 + (i % patches)] : 0;
                    var error = actual - (double)want[(row * each) + i];
                    (squares, size) = (squares + (error * error), size + ((double)want[(row * each) + i] * want[(row * each) + i]));
                }
            }
            // The maps are products of two float32 results of a whole model; the reference's are float64, rounded.
            Assert.True(Math.Sqrt(squares / size) < 5e-6, $"layer {layer}: the error is {Math.Sqrt(squares / size):E2} of the maps' size");
        }
    }

    [Fact]
    public void A_rollout_keeps_what_it_shares_out()
    {
        using var golden = new GoldenModel("tiny-wide", "retrieval");
        using var device = Device.Open("cpu");
        using var model = MatchingModel.Load(ModelSource.Resolve("synthetic:tiny-wide"), device);
        var images = Encode(model, golden);
        var side = model.Config.Vision.ImageSize;
        var rollouts = model.Vision.Rollout(3, side, side);
        Assert.All(rollouts.SelectMany(rollout => rollout.Chunk(images.Tokens)), row => Assert.Equal(1, row.Sum(), 1e-5));

        var text = golden.Input("cls.input_ids")[0];
        var seen = model.Attention(images, text, 1, AttentionMethod.Rollout);
        var through = TextRollout.Through(seen, rollouts[1]);
        for (var word = 0; word < text.Length; word++)
        {
            var (before, after) = (Row(seen, word), Row(through, word));
            Assert.Equal(before.Sum(), after.Sum(), 1e-5);
            Assert.NotEqual(before, after);
            // Half of a state is its layer's own; a quarter of the last layer's is of the image, and the rest of each layer before.
            Assert.InRange(before.Sum(), 0.5, 1 - Math.Pow(0.25, model.Config.Text.Layers));
        }

        static float[] Row(CrossAttention attention, int word) =>
            attention.Probabilities.AsSpan(word * attention.ImageTokens, attention.ImageTokens).ToArray();
    }

    [Fact]
    public void What_cannot_be_asked_is_named()
    {
        using var golden = new GoldenModel("tiny-square", "retrieval");
        using var device = Device.Open("cpu");
        using var model = MatchingModel.Load(ModelSource.Resolve("synthetic:tiny-square"), device);
        var images = Encode(model, golden);
        var text = golden.Input("cls.input_ids")[0];
        Refused("no layer 2; the text encoder has layers 0 to 1", () => model.Attention(images, text, 0, AttentionMethod.GradCam, 2));
        Refused("no image 3", () => model.Attention(images, text, 3));
        using var captioning = CaptioningModel.Load(ModelSource.Resolve("synthetic:tiny-square"), device);
        captioning.Encode(1, 24, 24);
        Refused("GradCam is about whether a text matches", () => captioning.CrossAttention(0, text, AttentionMethod.GradCam));

        static void Refused(string message, Action act) =>
            Assert.Contains(message, Assert.Throws<ArgumentException>(act).Message, StringComparison.Ordinal);
    }

    private static ImageStates Encode(MatchingModel model, GoldenModel golden)
    {
        var pixels = golden.Stored("pixel_values", out var shape);
        using var upload = model.Device.Upload<float>(pixels);
        upload.View.CopyTo(model.Device.Stream, model.Vision.PixelBuffer((int)shape[0], (int)shape[2], (int)shape[3]));
        model.Device.Synchronize();
        return model.Vision.Encode((int)shape[0], (int)shape[2], (int)shape[3]);
    }
}
