using Blip.Emulation.Driver;
using Blip.Kernels.Devices;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;
using Blip.Tests.Generation;
using Blip.Tests.Kernels;
using Blip.Tests.Models;

namespace Blip.Tests.Emulation;

/// <summary>
/// Weights of 16 bits on the emulated CUDA device, tensor cores included: errors at most twice the reference library's own at that
/// precision, and its words wherever they are no tie. All models, heads and images run in <see cref="EmulatedFullTests"/>.
/// </summary>
public class EmulatedPrecisionTests(EmulatedRuns runs) : IClassFixture<EmulatedRuns>
{
    /// <summary>Logits that are further apart than this may not change places.</summary>
    internal const double Tie = 0.05;

    [Theory]
    [InlineData("tiny-square", Precision.Fp16, 80), InlineData("tiny-square", Precision.Bf16, 80)]
    [InlineData("tiny-wide", Precision.Fp16, 80), InlineData("tiny-wide", Precision.Bf16, 80)]
    [InlineData("tiny-head64", Precision.Fp16, 80), InlineData("tiny-head64", Precision.Bf16, 80)]
    [InlineData("tiny-square", Precision.Fp16, 75), InlineData("tiny-square", Precision.Bf16, 75),
        InlineData("tiny-square", Precision.Fp16, 90)]
    public void Captions_logits_are_at_most_twice_as_far_off_as_the_references(string model, Precision precision, int architecture)
    {
        if (architecture != 80 || model != "tiny-square" || precision != Precision.Fp16)
            FullRun.Only();
        using var device = EmulatedDevices.Open(architecture: architecture);
        CaptioningForwardTests.CheckPrecision(model, device, precision, Errors(precision));
        // bf16 on sm_75, which has no instruction for it, takes the kernels for any GPU.
        var onTensorCores = EmulatedDriver.KernelsOf(device.Accelerator.NativePtr)
            .Any(kernel => kernel.LinesRun.Count > 0 && kernel.Text.Contains("mma.sync", StringComparison.Ordinal));
        Assert.Equal(precision != Precision.Bf16 || architecture >= 80, onTensorCores);
        PtxReportTests.AssertLists(device);
    }

    [Theory, InlineData("tiny-square", Precision.Fp16), InlineData("tiny-square", Precision.Bf16)]
    public void Matches_and_vectors_are_at_most_twice_as_far_off_as_the_references(string model, Precision precision)
    {
        if (precision == Precision.Fp16)
            FullRun.Only();
        using var device = EmulatedDevices.Open();
        MatchingModelTests.CheckPrecision(model, device, precision, Errors(precision));
        ContrastiveModelTests.CheckPrecision(model, device, precision, Errors(precision));
    }

    [Theory]
    [InlineData("tiny-square", Precision.Fp16, 80), InlineData("tiny-square", Precision.Bf16, 80)]
    [InlineData("tiny-square", Precision.Fp16, 75), InlineData("tiny-square", Precision.Bf16, 75),
        InlineData("tiny-square", Precision.Fp16, 90)]
    public void Words_are_the_references_up_to_a_tie(string model, Precision precision, int architecture)
    {
        if (architecture != 80 || precision == Precision.Bf16)
            FullRun.Only();
        Assert.InRange(runs.Get(model, architecture, precision).CheckUntilTie(Tie), 20, 100);
    }

    [Theory, InlineData(Precision.Fp16), InlineData(Precision.Bf16)]
    public void Captions_without_a_tie_are_the_references(Precision precision)
    {
        if (precision == Precision.Fp16)
            FullRun.Only();
        Assert.Equal(2, CheckClearCaptions(runs.Get("tiny-head64", 80, precision)));
    }

    [Theory, InlineData(Precision.Fp16), InlineData(Precision.Bf16)]
    public void Answers_without_a_tie_are_the_references(Precision precision)
    {
        if (precision == Precision.Bf16)
            FullRun.Only();
        using var device = EmulatedDevices.Open();
        CheckClearAnswer(device, precision);
    }

    [Fact]
    public void A_image_is_captioned_as_by_the_reference()
    {
        var answer = Demo.Answers("greedy")[0];
        Assert.True(answer.MinTopGap > Tie);
        CheckDemo(Precision.Fp16, "greedy", Demo.Paths[0], answer, 80);
    }

    internal static string Errors(Precision precision) => precision == Precision.Fp16 ? "fp16" : "bf16";

    /// <summary>Runs the cases of a captioning golden that never come near a tie, and says how many they are.</summary>
    internal static int CheckClearCaptions(GoldenRun run)
    {
        var clear = run.Golden.Generate.Where(test => CaptioningGoldenTests.Name(test) != CaptioningGoldenTests.Accident
            && test.TryGetProperty("min_top_gap", out var gap) && gap.GetDouble() > Tie).ToList();
        clear.ForEach(test => run.Check(test));
        return clear.Count;
    }

    /// <summary>The question of tiny-head64's golden whose answer never comes near a tie.</summary>
    internal static void CheckClearAnswer(Device device, Precision precision)
    {
        using var run = new AnsweringModelTests.GoldenRun("tiny-head64", device, new ModelOptions { Precision = precision });
        var test = run.Cases.Single(test => test.TryGetProperty("min_top_gap", out var gap) && gap.GetDouble() > Tie);
        Assert.Equal("single-0", CaptioningGoldenTests.Name(test));
        run.Encode();
        run.Model.Ask(run.Images, [run.Questions[0]], [0]);
        run.Check(test, run.Generate(test));
    }

    /// <summary>Captions a sample image with the demo checkpoint, file to words.</summary>
    internal static void CheckDemo(Precision precision, string way, string path, DemoAnswer answer, int architecture)
    {
        using var show = EmulatedDevices.Show(architecture);
        using var captioner = Captioner.Load(Demo.Model, new CaptionerOptions { Device = "cuda", Precision = precision });
        Assert.Contains($"sm_{architecture}", captioner.Devices.Single().Name, StringComparison.Ordinal);
        var options = new CaptionOptions
        {
            Prompt = way == "prompt" ? "a picture of" : null,
            Generation = captioner.Defaults with { MaxLength = 32 },
        };
        var caption = captioner.Caption(path, options, TestContext.Current.CancellationToken);
        Assert.Equal(answer.Caption, caption.Text);
        Assert.Equal(answer.Tokens, caption.Tokens);
    }
}
