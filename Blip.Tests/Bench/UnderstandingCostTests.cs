using Blip.Bench.Workloads;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph.Passes;
using Blip.Runtime.Models;

namespace Blip.Tests.Bench;

/// <summary>Matching, embedding and answering: their costs, and the saving of many questions about one image.</summary>
public class UnderstandingCostTests
{
    private const int Questions = UnderstandingCases.Many;

    [Theory]
    [InlineData("tiny-square")]
    [InlineData("tiny-wide")]
    public void Operations_are_those_of_the_graphs_linear_layers_and_attentions(string name)
    {
        using var device = Device.Open("cpu");
        var source = ModelSource.Synthetic(SyntheticModels.Config(name));
        // A norm in an epilogue would count among its linear layer's operations.
        var options = new ModelOptions { Passes = PassSet.All & ~PassSet.Epilogues };
        using var matching = MatchingModel.Load(source, device, options);
        var cost = new UnderstandingCost(source.Config, Precision.Fp32, Precision.Fp32);
        var texts = UnderstandingCases.Texts(source.Config, 2);
        var (side, tokens) = (source.Config.Vision.ImageSize, UnderstandingCases.TextTokens);

        Assert.Equal(cost.Match(2, 2, tokens).Flops, Counted(device, () => matching.Match(matching.Vision.Encode(2, side, side), texts)));
        Assert.Equal(cost.EmbedImages(2).Flops, Counted(device, () => matching.EmbedPixels(2, side, side)));
        Assert.Equal(cost.EmbedTexts(2, tokens).Flops, Counted(device, () => matching.EmbedTexts(texts)));
        if (!source.Config.Fits(BlipHead.VisualQuestionAnswering))
            return;
        using var answering = AnsweringModel.Load(source, device, options);
        var states = answering.Vision.Encode(1, side, side);
        answering.Ask(states, texts);
        Assert.Equal(cost.Ask(1, 2, tokens).Flops, Counted(device, () => answering.Ask(states, texts)));
    }

    [Fact]
    public void Twenty_questions_about_one_image_cost_less_than_a_fifth_of_one_about_each_of_twenty()
    {
        var cost = new UnderstandingCost(SyntheticModels.Config("base"), Precision.Fp32, Precision.Fp32);
        var (tokens, answer) = (UnderstandingCases.TextTokens, UnderstandingCases.AnswerTokens);

        var ratio = cost.Answer(Questions, Questions, tokens, answer).Flops / cost.Answer(1, Questions, tokens, answer).Flops;

        TestContext.Current.TestOutputHelper?.WriteLine($"operations per question: {ratio:F1} times fewer");
        Assert.InRange(ratio, 5, Questions);
    }

    [Fact]
    public void A_image_is_encoded_once_for_all_its_questions()
    {
        using var device = Device.Open("cpu");
        var source = ModelSource.Synthetic(SyntheticModels.Config("tiny-square"));
        var questions = UnderstandingCases.Texts(source.Config, Questions);
        var side = source.Config.Vision.ImageSize;
        using var answering = AnsweringModel.Load(source, device);
        ImageStates? states = null;

        Assert.Contains("vision", Stages(device, () => states = answering.Vision.Encode(1, side, side)));
        Assert.DoesNotContain("vision", Stages(device, () => answering.Ask(states!, questions)));
        Assert.All(Stages(device, () => answering.Ask(states!, questions)),
            stage => Assert.DoesNotContain("image", stage, StringComparison.Ordinal));
    }

    private static double Counted(Device device, Action work)
    {
        device.Profiler = new Profiler();
        work();
        var flops = device.Profiler.Steps.Where(step => step.Operation is "Linear" or "Attention").Sum(step => (double)step.Flops);
        device.Profiler = null;
        return flops;
    }

    private static IEnumerable<string> Stages(Device device, Action work)
    {
        device.Profiler = new Profiler();
        work();
        var stages = device.Profiler.Steps.Select(step => step.Stage).Distinct().ToList();
        device.Profiler = null;
        return stages;
    }
}
