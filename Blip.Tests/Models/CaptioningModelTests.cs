using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;

namespace Blip.Tests.Models;

public class CaptioningModelTests
{
    private static readonly ModelSource Tiny = ModelSource.Resolve("synthetic:tiny-square");

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void A_second_image_allocates_no_device_memory(string deviceId)
    {
        using var device = Devices.Open(deviceId);
        using var model = CaptioningModel.Load(Tiny, device);
        using var generator = new Generator(device);
        foreach (var options in (GenerationOptions[])[new() { MaxLength = 12 }, new() { MaxLength = 12, NumBeams = 3 }])
        {
            var first = Caption(model, generator, images: 2, options);
            var allocations = device.Allocations;
            for (var i = 0; i < 3; i++)
                Assert.Equal(first, Caption(model, generator, images: 2, options));
            Assert.Equal(allocations, device.Allocations);
        }
    }

    [Fact]
    public void Images_of_many_kinds_do_not_pile_up()
    {
        using var device = Device.Open("cpu");
        using var model = CaptioningModel.Load(Tiny, device);
        using var generator = new Generator(device);
        var sizes = Enumerable.Range(1, 40).ToList();
        sizes.ForEach(images => Caption(model, generator, images, new GenerationOptions { MaxLength = 5 }));
        var (buffers, bytes) = (device.LiveBuffers, device.AllocatedBytes);
        sizes.ForEach(images => Caption(model, generator, images, new GenerationOptions { MaxLength = 5 }));
        Assert.Equal((buffers, bytes), (device.LiveBuffers, device.AllocatedBytes));
    }

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void Disposing_gives_all_memory_back(string deviceId)
    {
        using var device = Devices.Open(deviceId);
        var before = (device.LiveBuffers, device.AllocatedBytes);
        using (var model = CaptioningModel.Load(Tiny, device))
        using (var generator = new Generator(device))
        {
            Caption(model, generator, images: 3, new GenerationOptions { MaxLength = 8, NumBeams = 2 });
            model.CrossAttention(1, [97, 5, 6]);
            Assert.NotEqual(before, (device.LiveBuffers, device.AllocatedBytes));
        }
        Assert.Equal(before, (device.LiveBuffers, device.AllocatedBytes));
    }

    [Fact]
    public void Kept_images_are_captioned_again()
    {
        using var golden = new GoldenModel("tiny-square", "captioning");
        using var device = Device.Open("cpu");
        using var model = CaptioningModel.Load(Tiny, device);
        using var generator = new Generator(device);
        using var kept = ModelGoldens.Encode(golden, model, keep: true);
        var first = Said();
        var side = model.Config.Vision.ImageSize;
        ModelGoldens.Write(model, new float[kept.Images * 3 * side * side], kept.Images, side, side);
        model.Encode(kept.Images, side, side);
        Assert.NotEqual(first, Said());
        model.Use(kept);
        Assert.Equal(first, Said());
        kept.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Said());

        string Said() => string.Join(", ", generator.Generate(
            model, [.. Enumerable.Repeat(new[] { 97 }, kept.Images)], new SpecialTokens(97, 71, 0), new GenerationOptions
            {
                MaxLength = 10,
            }).Select(image => string.Join(' ', image[0].Tokens)));
    }

    [Fact]
    public void What_does_not_fit_is_refused_before_any_kernel()
    {
        using var device = Device.Open("cpu");
        using var model = CaptioningModel.Load(Tiny, device);
        model.Vision.PixelBuffer(2, 24, 24);
        model.Encode(2, 24, 24);
        using var state = new DecodingState(device, images: 3, beams: 1, capacity: 8);
        Assert.Contains("3 images, and 2", Assert.Throws<ArgumentException>(() => model.Prefill(state)).Message, StringComparison.Ordinal);
        Assert.Contains("prompt", Assert.Throws<InvalidOperationException>(() => model.Step(state)).Message, StringComparison.Ordinal);
        Assert.Contains("99", Assert.Throws<ArgumentException>(() => model.CrossAttention(0, [97, 99])).Message, StringComparison.Ordinal);
        Assert.Contains("no image 2", Assert.Throws<ArgumentException>(() => model.CrossAttention(2, [97])).Message,
            StringComparison.Ordinal);
        Assert.Contains("at most 40", Assert.Throws<ArgumentException>(() => model.CrossAttention(0, new int[41])).Message,
            StringComparison.Ordinal);
        Assert.Contains("patch", Assert.Throws<ArgumentException>(() => model.Encode(1, 3, 24)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_another_head_is_refused() =>
        Assert.Contains("BlipForImageTextRetrieval", Assert.Throws<CheckpointException>(() =>
        {
            using var device = Device.Open("cpu");
            CaptioningModel.Load(ModelSource.Resolve(Path.Combine(AppContext.BaseDirectory, "weights", "retrieval")), device).Dispose();
        }).Message, StringComparison.Ordinal);

    private static List<string> Caption(CaptioningModel model, Generator generator, int images, GenerationOptions options)
    {
        var size = model.Config.Vision.ImageSize;
        var pixels = new float[3 * size * size * images];
        SyntheticTensors.Fill("pixel_values", 0.1, 1, pixels);
        if (model.Device.Kind == DeviceKind.Cpu)
        {
            for (var i = 0; i < pixels.Length; i++)
                model.Vision.PixelBuffer(images, size, size)[i] = pixels[i];
        }
        model.Encode(images, size, size);
        var text = model.Config.Text;
        var prompts = Enumerable.Repeat(new[] { text.BosTokenId }, images).ToList();
        var results = generator.Generate(model, prompts, new SpecialTokens(text.BosTokenId, text.SepTokenId, text.PadTokenId), options);
        return [.. results.SelectMany(sequences => sequences).Select(sequence => string.Join(' ', sequence.Tokens))];
    }
}
