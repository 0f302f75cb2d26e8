using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using Blip.Runtime.Tracing;
using Blip.Tests.Models;

namespace Blip.Tests.Tracing;

/// <summary>Recordings of the tiny models beside the reference's, compared as the command line compares them.</summary>
public sealed class TraceGoldenTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, string> Models => ModelGoldens.OnDevices("tiny-square", "tiny-wide", "tiny-head64");

    public void Dispose() => folder.Dispose();

    [Theory, MemberData(nameof(Models))]
    public void A_recording_has_the_references_names_and_no_difference_from_it(string model, string deviceId)
    {
        using var device = Devices.Open(deviceId);
        using var ours = Record(model, device);
        using var reference = Reference(model);

        var comparison = TraceComparison.Of(ours, reference);

        Assert.Null(comparison.First);
        Assert.Empty(comparison.Alone.First);
        var config = ModelSource.Resolve($"synthetic:{model}").Config;
        // Pixels; the states of the image encoder, its output and the pooled one; the states of the decoder, and its logits.
        Assert.Equal(1 + (config.Vision.Layers + 3) + (config.Text.Layers + 2), comparison.Tensors.Count);
    }

    [Fact]
    public void Another_models_recording_differs_from_the_embeddings_on()
    {
        using var device = Device.Open("cpu");
        using var ours = Record("tiny-square", device, scale: 1.01f);
        using var reference = Reference("tiny-square");

        Assert.Equal("pixel_values", TraceComparison.Of(ours, reference).First!.Name);
        var differing = TraceComparison.Of(ours, reference, 1e-3).Tensors.Where(tensor => tensor.Differs).Select(tensor => tensor.Name);
        Assert.Equal(["pixel_values", "vision.hidden.0"], differing.Take(2));
    }

    private static TraceFile Reference(string model) =>
        new(Path.Combine(GoldenModel.Folder("models", model, "captioning"), "tensors.safetensors"));

    private TraceFile Record(string name, Device device, float scale = 1)
    {
        using var golden = new GoldenModel(name, "captioning");
        using var model = CaptioningModel.Load(ModelSource.Resolve($"synthetic:{name}"), device);
        var pixels = golden.Stored("pixel_values", out var shape);
        var (images, height, width) = ((int)shape[0], (int)shape[2], (int)shape[3]);
        ModelGoldens.Write(model, [.. pixels.Select(pixel => pixel * scale)], images, height, width);
        var tensors = new TraceRecording();
        TraceSession.RecordVision(tensors, model, images, height, width);
        model.Encode(images, height, width);

        var (ids, mask) = (golden.Input("labels.input_ids"), golden.Input("labels.attention_mask"));
        int[] rows = [.. Enumerable.Range(0, ids.Length)];
        using var plan = model.Whole(
            RecordedOutputs.HiddenStates, [.. ids.SelectMany(row => row)], ids[0].Length, rows, [.. mask.SelectMany(row => row)], null);
        plan.Run();
        tensors.AddOutputs(plan, output => output == DecoderGraphs.Logits ? TracePlace.Logits : output);
        return folder.Write(name, tensors);
    }
}
