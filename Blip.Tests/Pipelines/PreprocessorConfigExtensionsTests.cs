using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Tests.Pipelines;

public class PreprocessorConfigExtensionsTests
{
    [Fact]
    public void Every_step_of_the_file_reaches_the_preprocessor()
    {
        var processing = new PreprocessorConfig
        {
            Width = 56,
            Height = 40,
            DoResize = false,
            Resample = ResamplingFilter.Box,
            DoRescale = false,
            RescaleFactor = 0.5,
            DoNormalize = false,
            Mean = [0.25, 0.5, 0.75],
            Std = [1, 2, 3],
        }.ToProcessing();
        Assert.Equal((56, 40, false, ResamplingFilter.Box), (processing.Width, processing.Height, processing.Resize, processing.Filter));
        Assert.Equal((false, 0.5, false), (processing.Rescale, processing.RescaleFactor, processing.Normalize));
        Assert.Equal([0.25, 0.5, 0.75], processing.Mean);
        Assert.Equal([1, 2, 3], processing.Std);
    }

    [Theory, InlineData(ResamplingFilter.Nearest), InlineData(ResamplingFilter.Lanczos), InlineData(ResamplingFilter.Bilinear)]
    [InlineData(ResamplingFilter.Bicubic), InlineData(ResamplingFilter.Box), InlineData(ResamplingFilter.Hamming)]
    public void The_image_is_resized_by_the_filter_of_the_file(ResamplingFilter filter)
    {
        const int Width = 37, Height = 29, Side = 16;
        var config = PreprocessorConfig.Read(
            JsonFile.Parse(System.Text.Encoding.UTF8.GetBytes(
                $$"""{"size": {{Side}}, "resample": {{(int)filter}}, "do_rescale": false, "do_normalize": false}"""),
                "preprocessor_config.json"),
            new VisionConfig());
        var pixels = new ResamplingCase(Width, Height, Side, Side).Pixels();
        using var device = Device.Open("cpu");
        using var preprocessor = new ImagePreprocessor(device, config.ToProcessing());
        using var output = device.Allocate<float>(preprocessor.OutputLength);
        preprocessor.Write(new RgbImage(Width, Height, pixels), output.View);
        var expected = ResamplingReference.Resize(pixels, Width, Height, Side, Side, filter);
        Assert.Equal(Enumerable.Range(0, expected.Length).Select(i => (float)expected[(3 * (i % (Side * Side))) + (i / (Side * Side))]),
            output.ToArray());
    }
}
