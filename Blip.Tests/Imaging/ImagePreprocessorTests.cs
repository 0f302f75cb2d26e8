using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Imaging;

namespace Blip.Tests.Imaging;

public class ImagePreprocessorTests
{
    private static readonly ImageProcessing Small = new() { Width = 96, Height = 96 };

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void Pixel_values_are_the_references_to_the_last_bit(string id)
    {
        using var device = Devices.Open(id);
        using var preprocessor = new ImagePreprocessor(device, Small);
        using var goldens = new SafetensorsFile(ImageGoldens.PathOf("pixel_values.safetensors"));
        Assert.Equal(4, goldens.Keys.Count);
        // Slices of one batch, the last one first: a slice is written and nothing beside it.
        using var batch = device.Allocate<float>(4 * preprocessor.OutputLength);
        foreach (var (file, index) in goldens.Keys.Select((file, index) => (file, index)).Reverse())
            preprocessor.Write(ImageGoldens.Decode(file), batch.View.SubView(index * preprocessor.OutputLength, preprocessor.OutputLength),
                file);
        var actual = batch.ToArray();
        foreach (var (file, index) in goldens.Keys.Select((file, index) => (file, index)))
        {
            // The photograph is whole, the others are every fourth column.
            var (expected, step) = (goldens.ReadAll(file), file == "photo-444.jpg" ? 1 : 4);
            Assert.Equal(preprocessor.OutputLength / step, expected.Length);
            Assert.Equal(expected, actual.AsSpan(index * preprocessor.OutputLength, preprocessor.OutputLength).ToArray()
                .Where((_, i) => i % step == 0));
        }
    }

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void Every_golden_image_resizes_on_the_device_to_its_bytes(string id)
    {
        using var device = Devices.Open(id);
        using var output = device.Allocate<float>(3 * 384 * 384);
        foreach (var golden in ImageGoldens.Cases)
        {
            using var preprocessor = new ImagePreprocessor(
                device, new ImageProcessing { Width = golden.Width, Height = golden.Height, Rescale = false, Normalize = false });
            preprocessor.Write(ImageGoldens.Decode(golden.File), output.View);
            var values = new float[preprocessor.OutputLength];
            output.CopyTo(values);
            var (expected, plane) = (ImageGoldens.Decode(golden.Expected).Pixels, golden.Width * golden.Height);
            for (var i = 0; i < values.Length; i++)
                Assert.Equal(expected[(3 * (i % plane)) + (i / plane)], values[i]);
        }
    }

    [Fact]
    public void A_image_of_a_known_shape_allocates_nothing()
    {
        using var device = Device.Open("cpu");
        using var preprocessor = new ImagePreprocessor(device, Small);
        using var output = device.Allocate<float>(preprocessor.OutputLength);
        var image = ImageGoldens.Decode("rgb.png");
        for (var i = 0; i < 20; i++)
            preprocessor.Write(image, output.View);
        var (buffers, bytes) = (device.Allocations, GC.GetAllocatedBytesForCurrentThread());
        for (var i = 0; i < 100; i++)
            preprocessor.Write(image, output.View);
        Assert.Equal(buffers, device.Allocations);
        // Three launches each; ILGPU's own launcher takes a few hundred bytes.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - bytes, 0, 100 * 3 * 256);
    }

    [Fact]
    public void Without_resizing_the_size_must_be_right()
    {
        using var device = Device.Open("cpu");
        using var preprocessor = new ImagePreprocessor(device, Small with { Resize = false });
        using var output = device.Allocate<float>(preprocessor.OutputLength);
        preprocessor.Write(ImageGoldens.Decode("exact.png"), output.View);
        var error = Assert.Throws<ImageException>(() => preprocessor.Write(ImageGoldens.Decode("rgb.png"), output.View, "rgb.png"));
        Assert.Contains("rgb.png: 123×77 pixels, where the model wants 96×96", error.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(2, 200_000), InlineData(200_000, 2)]
    public void A_strip_does_not_swell_between_the_passes(int width, int height)
    {
        using var device = Device.Open("cpu");
        using var preprocessor = new ImagePreprocessor(device, Small);
        using var output = device.Allocate<float>(preprocessor.OutputLength);
        var before = device.AllocatedBytes;
        preprocessor.Write(new RgbImage(width, height, new byte[3 * width * height]), output.View);
        // The image, and tables that weigh every one of its pixels four times.
        Assert.InRange(device.AllocatedBytes - before, 0, 12 << 20);
    }

    [Theory]
    [InlineData("size", 0, 3, 1.0), InlineData("size", 20_000, 3, 1.0), InlineData("resample", 96, 9, 1.0),
        InlineData("image_std", 96, 3, 0.0), InlineData("image_std", 96, 3, double.NaN)]
    public void Settings_that_cannot_be_meant_are_refused_by_field(string field, int width, int filter, double std)
    {
        using var device = Device.Open("cpu");
        var settings = Small with { Width = width, Filter = (ResamplingFilter)filter, Std = [1, std, 1] };
        Assert.StartsWith(field, Assert.Throws<ArgumentException>(() => new ImagePreprocessor(device, settings)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_profiler_lists_both_steps()
    {
        using var device = Device.Open("cpu");
        device.Profiler = new Blip.Kernels.Devices.Profiler();
        using var preprocessor = new ImagePreprocessor(device, Small);
        using var output = device.Allocate<float>(preprocessor.OutputLength);
        preprocessor.Write(ImageGoldens.Decode("rgb.png"), output.View);
        Assert.Equal(["resize", "normalize"], device.Profiler.Steps.Select(step => step.Name));
    }
}
