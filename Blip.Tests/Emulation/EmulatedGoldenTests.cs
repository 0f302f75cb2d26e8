using Blip.Kernels.Devices;
using Blip.Runtime.Generation;
using Blip.Tests.Generation;
using Blip.Tests.Kernels;

namespace Blip.Tests.Emulation;

/// <summary>
/// Tiny models end to end on the emulated CUDA device: the reference's tokens and scores, through captured graphs, as each architecture
/// that kernels are compiled for. All ways of generating run in <see cref="EmulatedFullTests"/>.
/// </summary>
public class EmulatedGoldenTests(EmulatedRuns runs) : IClassFixture<EmulatedRuns>
{
    [Theory]
    [InlineData("tiny-square", "greedy", 80), InlineData("tiny-head64", "greedy", 80)]
    [InlineData("tiny-square", "greedy", 75), InlineData("tiny-square", "greedy", 90)]
    [InlineData("tiny-square", "beam-3", 80), InlineData("tiny-square", "prompt-single-3", 80),
        InlineData("tiny-square", "interpolate-32x32", 80)]
    public void A_tiny_model_says_what_the_reference_says(string model, string test, int architecture)
    {
        if (architecture != 80 || model == "tiny-head64")
            FullRun.Only();
        var run = runs.Get(model, architecture);
        var golden = run.Golden.Generate.Single(one => CaptioningGoldenTests.Name(one) == test);
        Assert.Equal(golden.GetProperty("sequences").GetArrayLength(), run.Check(golden));
        PtxReportTests.AssertLists(run.Device);
    }

    [Fact]
    public void Draws_are_those_of_the_processor_and_change_with_the_seed()
    {
        var gpu = runs.Get("tiny-square", 80);
        using var cpu = new GoldenRun("tiny-square", Device.Open("cpu"));
        gpu.Encode("pixel_values");
        cpu.Encode("pixel_values");
        int[][] prompts = [.. Enumerable.Repeat(new[] { cpu.Specials.Start }, 4)];
        var options = new GenerationOptions { DoSample = true, Temperature = 1.5, TopK = 40, TopP = 0.95, MaxLength = 10, MinLength = 10 };
        var drawn = new HashSet<string>();
        foreach (var seed in (ulong[])[7, 8, 7])
        {
            var graphs = gpu.Device.GraphLaunches;
            var words = Words(cpu, seed);
            Assert.Equal(words, Words(gpu, seed));
            Assert.True(gpu.Device.GraphLaunches > graphs);
            drawn.Add(words);
        }
        Assert.Equal(2, drawn.Count);

        string Words(GoldenRun run, ulong seed) =>
            string.Join('\n', run.Generate(prompts, options with { Seed = seed }).SelectMany(image => image)
                .Select(one => string.Join(' ', one.Tokens)));
    }
}
