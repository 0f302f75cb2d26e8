using Blip.Kernels;
using Blip.Runtime.Checkpoints;

namespace Blip.Tests.Checkpoints;

public class PreprocessorConfigTests
{
    private static readonly VisionConfig Vision = new() { ImageSize = 96 };

    [Fact]
    public void The_demo_models_file_is_read()
    {
        var config = PreprocessorConfig.Load(Path.Combine(AppContext.BaseDirectory, "weights", "captioning"), new VisionConfig());
        Assert.Equal((96, 96, true, true, true, true),
            (config.Width, config.Height, config.DoResize, config.DoRescale, config.DoNormalize, config.DoConvertRgb));
        Assert.Equal(1 / 255.0, config.RescaleFactor);
        Assert.Equal(PreprocessorConfig.ClipMean, config.Mean);
        Assert.Equal(PreprocessorConfig.ClipStd, config.Std);
    }

    [Fact]
    public void Without_a_file_the_image_size_and_clips_numbers_rule()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(PreprocessorConfig.For(Vision), PreprocessorConfig.Load(folder.Path, Vision));
        Assert.Equal((96, 96), (PreprocessorConfig.For(Vision).Width, PreprocessorConfig.For(Vision).Height));
    }

    [Fact]
    public void Every_field_is_obeyed()
    {
        var config = Read("""
            {"size": {"height": 40, "width": 56}, "do_resize": true, "resample": 1, "do_rescale": false, "rescale_factor": 0.5,
             "do_normalize": false, "image_mean": [0.1, 0.2, 0.3], "image_std": [1, 2, 3], "do_convert_rgb": false}
            """);
        Assert.Equal((56, 40, false, 0.5, false, false),
            (config.Width, config.Height, config.DoRescale, config.RescaleFactor, config.DoNormalize, config.DoConvertRgb));
        Assert.Equal(ResamplingFilter.Lanczos, config.Resample);
        Assert.Equal([0.1, 0.2, 0.3], config.Mean);
        Assert.Equal([1, 2, 3], config.Std);
    }

    [Theory]
    [InlineData("{}", 96)]
    [InlineData("""{"size": 384}""", 384)]
    [InlineData("""{"size": {"height": 480, "width": 480}}""", 480)]
    [InlineData("""{"do_resize": false, "resample": 2}""", 96)]
    public void A_size_may_be_one_number(string json, int size) => Assert.Equal((size, size), (Read(json).Width, Read(json).Height));

    [Theory]
    [InlineData("{}", ResamplingFilter.Bicubic)]
    [InlineData("""{"resample": null}""", ResamplingFilter.Bicubic)]
    [InlineData("""{"resample": 0}""", ResamplingFilter.Nearest)]
    [InlineData("""{"resample": 1}""", ResamplingFilter.Lanczos)]
    [InlineData("""{"resample": 2}""", ResamplingFilter.Bilinear)]
    [InlineData("""{"resample": 3}""", ResamplingFilter.Bicubic)]
    [InlineData("""{"resample": 4}""", ResamplingFilter.Box)]
    [InlineData("""{"resample": 5}""", ResamplingFilter.Hamming)]
    public void Every_filter_of_pillow_may_be_asked_for(string json, ResamplingFilter filter) => Assert.Equal(filter, Read(json).Resample);

    [Fact]
    public void The_file_of_newer_releases_holds_it_inside()
    {
        using var folder = new TemporaryFolder();
        folder.Write("processor_config.json",
            """{"image_processor": {"size": {"height": 48, "width": 48}}, "processor_class": "BlipProcessor"}""");
        Assert.Equal(48, PreprocessorConfig.Load(folder.Path, Vision).Width);
    }

    [Theory]
    [InlineData("""{"size": {"shortest_edge": 224}}""", "shortest_edge")]
    [InlineData("""{"size": {"height": 0, "width": 10}}""", "size.height")]
    [InlineData("""{"size": 1000000}""", "size")]
    [InlineData("""{"size": [3]}""", "size")]
    [InlineData("""{"resample": 6}""", "resample")]
    [InlineData("""{"resample": -1, "do_resize": false}""", "resample")]
    [InlineData("""{"resample": "bicubic"}""", "resample")]
    [InlineData("""{"image_mean": [1, 2]}""", "image_mean")]
    [InlineData("""{"image_mean": ["a", 2, 3]}""", "image_mean")]
    [InlineData("""{"image_std": [1, 0, 1]}""", "image_std")]
    [InlineData("""{"do_resize": 1}""", "do_resize")]
    public void What_is_not_supported_is_refused_with_file_and_field(string json, string field)
    {
        var error = Assert.Throws<CheckpointException>(() => Read(json));
        Assert.StartsWith("some/preprocessor_config.json: ", error.Message);
        Assert.Contains(field, error.Message);
    }

    private static PreprocessorConfig Read(string json) =>
        PreprocessorConfig.Read(JsonFile.Parse(System.Text.Encoding.UTF8.GetBytes(json), "some/preprocessor_config.json"), Vision);
}
