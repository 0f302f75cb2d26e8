using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Graph.Passes;
using Blip.Runtime.Models;
using Blip.Tests.Models;

namespace Blip.Tests.Emulation;

/// <summary>
/// Values that are stored in 16 bits between nodes, on the emulated CUDA device: the bits of a whole model do not tell whether they are.
/// </summary>
public class EmulatedStorageTests
{
    [Theory, InlineData(Precision.Fp16), InlineData(Precision.Bf16), InlineData(Precision.Int8)]
    public void Values_in_16_bits_change_no_bit_of_a_model(Precision precision)
    {
        if (precision != Precision.Bf16)
            FullRun.Only();
        var (states, captions, memory) = Run(precision, PassSet.All);
        var (wideStates, wideCaptions, wideMemory) = Run(precision, PassSet.All & ~PassSet.Storage);
        Assert.True(wideStates.AsSpan().SequenceEqual(states));
        Assert.Equal(wideCaptions, captions);
        // With whole numbers the largest values, the encoder's queries, keys and values, stay as they are.
        Assert.InRange(memory, 1, precision == Precision.Int8 ? wideMemory : wideMemory - 1);
    }

    // Image states, captions with the bits of their scores, and the bytes between the encoder's nodes.
    private static (float[] States, string Captions, long Memory) Run(Precision precision, PassSet passes)
    {
        using var golden = new GoldenModel("tiny-square", "captioning");
        using var device = EmulatedDevices.Open();
        using var model = CaptioningModel.Load(
            ModelSource.Resolve("synthetic:tiny-square"), device,
            new ModelOptions { Precision = precision, EncoderPrecision = precision, Passes = passes });
        using var generator = new Generator(device);
        var images = ModelGoldens.Encode(golden, model, "pixel_values").Images;
        var (side, text) = (model.Config.Vision.ImageSize, model.Config.Text);
        var plan = model.Vision.Plan(RecordedOutputs.Nothing, images, side, side);
        var states = ModelGoldens.RunAll(plan)[CaptioningGraphs.ImageEmbeddings];
        // A prompt of several words attends in many queries; a step in one.
        var captions = generator.Generate(
            model, [.. Enumerable.Repeat(new[] { text.BosTokenId, 5, 6 }, images)],
                new SpecialTokens(text.BosTokenId, text.SepTokenId, text.PadTokenId),
            new GenerationOptions { MaxLength = 7, NumBeams = 2 }, cancellationToken: TestContext.Current.CancellationToken);
        return (states, string.Join('|',
            captions.Select(beams => $"{string.Join(' ', beams[0].Tokens)} {BitConverter.DoubleToInt64Bits(beams[0].Score):X}")),
            plan.WorkspaceBytes);
    }
}
