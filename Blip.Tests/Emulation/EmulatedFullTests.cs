using Blip.Kernels.Devices;
using Blip.Runtime.Models;
using Blip.Tests.Cli;
using Blip.Tests.Generation;
using Blip.Tests.Models;

namespace Blip.Tests.Emulation;

/// <summary>
/// Every golden of the tiny models and every sample image on the emulated CUDA device. They take minutes, and run where they are asked for.
/// </summary>
/// <param name="output">Where the report goes.</param>
public class EmulatedFullTests(ITestOutputHelper output)
{
    private const string Variable = TestSwitches.Emulated;

    private readonly List<string> failed = [];
    private int passed;

    [Theory, InlineData("tiny-square"), InlineData("tiny-wide"), InlineData("tiny-head64")]
    public void All_goldens_of_a_tiny_model(string model)
    {
        RequireFull();
        foreach (var architecture in (int[])[80, 75, 90])
        {
            var name = $"{model}, sm_{architecture}";
            Try($"{name}: captioning's tensors", () => With(architecture, device => CaptioningForwardTests.CheckAll(model, device)));
            Try($"{name}: retrieval", () => With(architecture, device => MatchingModelTests.CheckAll(model, device)));
            Try($"{name}: model", () => With(architecture, device => ContrastiveModelTests.CheckAll(model, device)));
            // The golden of different widths has no head for questions.
            if (model != "tiny-wide")
                Try($"{name}: vqa", () => With(architecture, device => Answer(model, device)));
            foreach (var precision in (Precision[])[Precision.Fp16, Precision.Bf16])
                Halve(name, model, architecture, precision);
            // The ways of generating differ in rules and search, whose kernels are one text for all architectures.
            using var run = new GoldenRun(model, EmulatedDevices.Open(architecture: architecture));
            foreach (var test in run.Golden.Generate.Where(test => Wanted(CaptioningGoldenTests.Name(test), architecture)))
                Try($"{name}: {CaptioningGoldenTests.Name(test)}",
                    () => Assert.Equal(test.GetProperty("sequences").GetArrayLength(), run.Check(test)));
        }
        Report();
    }

    [Theory, InlineData(80), InlineData(75), InlineData(90)]
    public void All_sample_images(int architecture)
    {
        RequireFull();
        Assert.Equal(12, Demo.Paths.Length);
        foreach (var way in (string[])["greedy", "prompt"])
        {
            // A separate device for each image, so that one that fails leaves the others to run.
            foreach (var (path, answer) in Demo.Paths.Zip(Demo.Answers(way))
                .Where(image => image.Second.MinTopGap > EmulatedPrecisionTests.Tie))
                Try($"sm_{architecture}: {Path.GetFileName(path)}, {way}",
                    () => EmulatedPrecisionTests.CheckDemo(Precision.Fp16, way, path, answer, architecture));
        }
        Report();
    }

    private static bool Wanted(string test, int architecture) =>
        test != CaptioningGoldenTests.Accident && (architecture == 80 || test is "greedy" or "beam-3" or "prompt-single-0");

    private static void With(int architecture, Action<Device> check)
    {
        using var device = EmulatedDevices.Open(architecture: architecture);
        check(device);
    }

    private static void Answer(string model, Device device)
    {
        using var run = new AnsweringModelTests.GoldenRun(model, device);
        AnsweringModelTests.CheckAnswers(run);
        run.Model.Ask(run.Images, run.Questions);
        run.Ranks.ForEach(run.CheckRank);
    }

    private static void RequireFull()
    {
        if (TestSwitches.Read(Variable) != "full")
            Assert.Skip($"{Variable} is not 'full': all goldens on the emulated device take half an hour. Run them: {Variable}=full dotnet "
                + $"test -c Release -- --filter-class '*EmulatedFullTests' --show-live-output on");
    }

    private void Halve(string name, string model, int architecture, Precision precision)
    {
        var errors = EmulatedPrecisionTests.Errors(precision);
        Try($"{name}, {errors}: captioning",
            () => With(architecture, device => CaptioningForwardTests.CheckPrecision(model, device, precision, errors)));
        Try($"{name}, {errors}: retrieval",
            () => With(architecture, device => MatchingModelTests.CheckPrecision(model, device, precision, errors)));
        Try($"{name}, {errors}: model",
            () => With(architecture, device => ContrastiveModelTests.CheckPrecision(model, device, precision, errors)));
        if (model == "tiny-head64")
            Try($"{name}, {errors}: vqa", () => With(architecture, device => EmulatedPrecisionTests.CheckClearAnswer(device, precision)));
        Try($"{name}, {errors}: words", () =>
        {
            using var run = new GoldenRun(
                model, EmulatedDevices.Open(architecture: architecture), new ModelOptions { Precision = precision });
            EmulatedPrecisionTests.CheckClearCaptions(run);
            Assert.InRange(run.CheckUntilTie(EmulatedPrecisionTests.Tie), 20, 100);
        });
    }

    // One that fails is reported with the others.
    private void Try(string name, Action check)
    {
        var started = TimeProvider.System.GetTimestamp();
        try
        {
            check();
            passed++;
            output.WriteLine($"{name}: {TimeProvider.System.GetElapsedTime(started).TotalSeconds:F1} s");
        }
        catch (Exception e) when (e is not Xunit.Sdk.SkipException)
        {
            failed.Add($"{name}: {e.Message}");
        }
    }

    private void Report()
    {
        output.WriteLine($"{passed} passed, {failed.Count} failed");
        Assert.True(failed.Count == 0 && passed > 0, string.Join('\n', failed));
    }
}
