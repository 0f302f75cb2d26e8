using Blip.Tests.Generation;
using Blip.Tests.Kernels;

namespace Blip.Tests.Emulation;

/// <summary>
/// Tiny models end to end on the emulated CUDA device: the reference's tokens and scores, through captured graphs, as each architecture that
/// kernels are compiled for. All ways of generating run in <see cref="EmulatedFullTests"/>.
/// </summary>
public class EmulatedGoldenTests(EmulatedRuns runs) : IClassFixture<EmulatedRuns>
{
    [Theory]
    [InlineData("tiny-square", "greedy", 80), InlineData("tiny-head64", "greedy", 80)]
    [InlineData("tiny-square", "greedy", 75), InlineData("tiny-square", "greedy", 90)]
    [InlineData("tiny-square", "beam-3", 80), InlineData("tiny-square", "prompt-single-3", 80), InlineData("tiny-square", "interpolate-32x32", 80)]
    public void A_tiny_model_says_what_the_reference_says(string model, string test, int architecture)
    {
        var run = runs.Get(model, architecture);
        var golden = run.Golden.Generate.Single(one => CaptioningGoldenTests.Name(one) == test);
        Assert.Equal(golden.GetProperty("sequences").GetArrayLength(), run.Check(golden));
        PtxReportTests.AssertLists(run.Device);
    }
}
