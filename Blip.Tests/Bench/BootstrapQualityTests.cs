using Blip.Bench;
using Blip.Bench.Workloads;
using Blip.Datasets.Shapes;

namespace Blip.Tests.Bench;

public sealed class BootstrapQualityTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_demo_models_bootstrap_a_noisy_set()
    {
        FullRun.Only();
        var quality = BootstrapQuality.Measure(Repository.Absolute("weights"), "cpu", new NoisyPairsOptions(), 300, Token);
        Assert.Equal(300, quality.WebRight.Count + quality.WebWrong.Count);
        Assert.True(quality.WebWrong.DroppedShare >= 0.95, $"Of wrong texts {quality.WebWrong} are kept.");
        Assert.True(quality.WebRight.KeptShare >= 0.95, $"Of right texts {quality.WebRight} are kept.");
        Assert.Equal(300, quality.Synthetic.Count);
        Assert.True(quality.SyntheticRight.Count >= 270, $"Of 300 captions {quality.SyntheticRight.Count} are right word for word.");
        Assert.True(quality.SyntheticRight.KeptShare >= 0.95, $"Of right captions {quality.SyntheticRight} are kept.");
    }

    [Fact]
    public void The_demo_matcher_does_not_see_shapes_that_changed_places()
    {
        var options = new NoisyPairsOptions { RightShare = 0, DetailShare = 1, DetailWeights = NoisyPairsOptions.EveryDetail };
        var quality = BootstrapQuality.Measure(Repository.Absolute("weights"), "cpu", options, 150, Token);
        var swaps = quality.Web[(PairTruth.Detail, WrongDetail.Swap)];
        var backgrounds = quality.Web[(PairTruth.Detail, WrongDetail.Background)];
        Assert.True(swaps.KeptShare > 0.8, $"{swaps}");
        Assert.True(backgrounds.KeptShare < 0.1, $"{backgrounds}");
    }

    [Fact]
    public void The_command_prints_what_it_measured()
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var exitCode = BenchProgram.Run(["bootstrap-quality", "--images", "20", "--seed", "4"], output, error);
        Assert.Equal((0, ""), (exitCode, error.ToString()));
        Assert.StartsWith("seed 4, 20 images; ", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("| web | right | ", output.ToString(), StringComparison.Ordinal);
        Assert.Matches(@"synthetic: \d+\.\d % are right word for word", output.ToString());
    }

    [Fact]
    public void A_set_without_images_is_refused()
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        Assert.Equal(2, BenchProgram.Run(["bootstrap-quality", "--images", "0"], output, error));
        Assert.Contains("--images is 0; it must be at least 1", error.ToString(), StringComparison.Ordinal);
    }
}
