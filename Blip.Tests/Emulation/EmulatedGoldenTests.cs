using Blip.Tests.Generation;
using Blip.Tests.Kernels;

namespace Blip.Tests.Emulation;

/// <summary>Tiny models end to end on the emulated CUDA device: the reference's tokens, through captured graphs.</summary>
public class EmulatedGoldenTests
{
    [Theory]
    [InlineData("tiny-square", "greedy"), InlineData("tiny-head64", "greedy")]
    public void A_tiny_model_says_what_the_reference_says(string model, string test)
    {
        var device = EmulatedDevices.Open();
        using var run = new GoldenRun(model, device);
        var golden = run.Golden.Generate.Single(one => one.GetProperty("name").GetString() == test);
        Assert.Equal(golden.GetProperty("sequences").GetArrayLength(), run.Check(golden));
        PtxReportTests.AssertLists(device);
    }
}
