using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

/// <summary>Costs by count, against a device's counters.</summary>
public class CaptionCostsTests
{
    private const int Images = 2, Tokens = 5, Width = 100, Height = 70;

    private static readonly ModelSource Source = ModelSource.Resolve("synthetic:tiny-square");

    [Theory]
    [InlineData("opencl", 1)]
    [InlineData("opencl", 3)]
    [InlineData("cuda", 3)]
    public void Kernels_are_those_that_a_gpu_is_given(string id, int beams)
    {
        using var device = id == "cuda" ? Devices.OpenCuda() : Devices.Open(id, new DeviceOptions { Tile = "off" });
        using var model = CaptioningModel.Load(Source, device);
        using var generator = new Generator(device);
        using var preprocessor = new ImagePreprocessor(device, Source.Preprocessor.ToProcessing());
        var side = Source.Config.Vision.ImageSize;
        model.Vision.PixelBuffer(Images, side, side);
        var states = model.Encode(Images, side, side);
        // Every token as it is: nothing is captured while somebody profiles.
        device.Profiler = new Profiler();
        var counted = CaptionCosts.Of(
            Source,
            new CostOptions
            {
                Device = device.Kind,
                BatchSize = Images,
                NumBeams = beams,
                Tokens = Tokens,
                ImageWidth = Width,
                ImageHeight = Height,
            }).ToDictionary(stage => stage.Name);

        var before = device.Queued;
        for (var i = 0; i < Images; i++)
            preprocessor.Write(new RgbImage(Width, Height, new byte[3 * Width * Height]),
                model.Vision.PixelBuffer(Images, side, side).SubView(0, 3L * side * side));
        Assert.Equal(counted["preprocessing"].Kernels, Since());
        model.Vision.EncodeInto(states, Images, side, side);
        Assert.Equal(counted["vision"].Kernels, Since());
        model.Vision.ComputeKeysValues(states);
        Assert.Equal(counted["image-keys-values"].Kernels, Since());
        Generate(device, model, generator, beams);
        var profiled = device.Profiler.Steps.GroupBy(step => step.Stage)
            .ToDictionary(group => group.Key, group => (long)group.Sum(step => step.Flops));
        Assert.Equal(counted["prompt"].Kernels + counted["step"].Kernels + counted["choice"].Kernels, Since());
        Assert.Equal(profiled["vision"], counted["vision"].Flops);
        Assert.Equal(profiled["image-keys-values"], counted["image-keys-values"].Flops);

        long Since()
        {
            var (was, now) = (before, device.Queued);
            before = now;
            return now - was;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_processor_launches_once_for_each_part_and_token(int beams)
    {
        using var device = Device.Open("cpu");
        using var model = CaptioningModel.Load(Source, device);
        using var generator = new Generator(device);
        var side = Source.Config.Vision.ImageSize;
        model.Vision.PixelBuffer(Images, side, side);
        var states = model.Encode(Images, side, side);
        var before = device.Launches;
        model.Vision.EncodeInto(states, Images, side, side);
        model.Vision.ComputeKeysValues(states);
        Generate(device, model, generator, beams);
        var counted = CaptionCosts.Of(
            Source, new CostOptions { Device = DeviceKind.Cpu, BatchSize = Images, NumBeams = beams, Tokens = Tokens });
        Assert.Equal(counted.Where(stage => stage.Name != "preprocessing").Sum(stage => stage.Launches), device.Launches - before);
    }

    [Fact]
    public void A_token_of_the_base_model_reads_every_decoder_weight_once()
    {
        var step = Count(new CostOptions { Tokens = 2 }).Single(stage => stage.Name == "step");
        const long Square = 768 * 768, Layer = (6 * Square) + (2 * 768 * 3072), Biases = (6 * 768) + 3072 + 768, Norms = 6 * 768;
        const long Head = Square + 768 + (2 * 768) + (768 * 30524) + 30524;
        // 30524 outputs are packed in panels of 64, the last of them half empty.
        Assert.InRange(step.WeightBytes, 4 * ((12 * (Layer + Biases + Norms)) + Head),
            1.001 * 4 * ((12 * (Layer + Biases + Norms)) + Head));
        Assert.Equal(1, step.Launches);
        Assert.InRange((double)Count(new CostOptions { Tokens = 2, Precision = Precision.Fp16 })
            .Single(stage => stage.Name == "step").WeightBytes / step.WeightBytes, 0.5, 0.51);
    }

    [Fact]
    public void The_roof_is_the_higher_side_of_each_operation()
    {
        var stages = Count(new CostOptions());
        var vision = stages.Single(stage => stage.Name == "vision");
        // Where memory is free, arithmetic is the time; where arithmetic is, bytes are.
        Assert.Equal(vision.Flops / 1e12, vision.Seconds(1e12, 1e30), 1e-9);
        Assert.Equal((vision.WeightBytes + vision.ValueBytes) / 1e9, vision.Seconds(1e30, 1e9), 1e-9);
        Assert.True(vision.Seconds(1e12, 1e9) * (1 + 1e-9) >= Math.Max(
            vision.Flops / 1e12, (vision.WeightBytes + vision.ValueBytes) / 1e9));
        // A captioner of base size: 12 blocks over 577 tokens are 106 GFLOP with their attention, and the patches 1.
        Assert.InRange(vision.Flops / 1e9, 105, 115);
    }

    [Fact]
    public async Task The_command_line_prints_them()
    {
        var text = (await CliRun.Of("info", "synthetic:tiny-square", "--cost", "--batch-size", "4", "--num-beams", "3", "--tokens", "6"))
            .Succeeded();
        Assert.Matches(@"\n +step +5 ", text);
        Assert.DoesNotContain("ms at least", text, StringComparison.Ordinal);
        var timed = (await CliRun.Of("info", "synthetic:tiny-square", "--cost", "--peak", "100", "--bandwidth", "1000")).Succeeded();
        Assert.Contains("ms at least", timed, StringComparison.Ordinal);
        using var json = System.Text.Json.JsonDocument.Parse(
            (await CliRun.Of("info", "synthetic:tiny-square", "--cost", "--format", "json", "--precision", "int8")).Succeeded());
        Assert.Equal("int8", json.RootElement.GetProperty("precision").GetString());
        Assert.Equal(6, json.RootElement.GetProperty("stages").GetArrayLength());
        (await CliRun.Of("info", "synthetic:tiny-square", "--batch-size", "4")).Refused("--batch-size", "--cost");
        (await CliRun.Of("info", "synthetic:tiny-square", "--cost", "--peak", "4")).Refused("--peak", "--bandwidth");
        (await CliRun.Of("info", "synthetic:tiny-square", "--cost", "--image", "wide")).Refused("--image", "640x480");
        (await CliRun.Of("info", "synthetic:tiny-square", "--cost", "--batch-size", "0")).Refused("--batch-size", "1 to");
    }

    private static IReadOnlyList<StageCost> Count(CostOptions options) => CaptionCosts.Of(ModelSource.Resolve("synthetic:base"), options);

    private static void Generate(Device device, CaptioningModel model, Generator generator, int beams)
    {
        var text = model.Config.Text;
        var sequences = generator.Generate(
            model, [.. Enumerable.Repeat(new[] { text.BosTokenId }, Images)],
                new SpecialTokens(text.BosTokenId, text.SepTokenId, text.PadTokenId),
            new GenerationOptions
            {
                NumBeams = beams,
                MaxNewTokens = Tokens,
                SuppressTokens = [],
            }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(1 + Tokens, sequences.Max(image => image[0].Tokens.Length));
    }
}
