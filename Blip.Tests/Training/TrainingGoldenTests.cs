using System.Text.Json;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Models;
using Blip.Training.Engine;
using Blip.Training.Objectives;
using Blip.Training.Saving;
using ILGPU;

namespace Blip.Tests.Training;

/// <summary>Each objective against the reference: losses, the gradient of every parameter, and steps of AdamW.</summary>
public class TrainingGoldenTests
{
    private const int Images = 4, Steps = 3;

    private static BlipConfig Config => TrainingGolden.Config;

    private static int Side => Config.Vision.ImageSize;

    public static TheoryData<string, Precision> Precisions =>
    [
        .. from id in new[] { "cpu", "opencl" }
           from precision in new[] { Precision.Fp32, Precision.Bf16, Precision.Fp16 }
           select (id, precision),
    ];

    [Theory, MemberData(nameof(Precisions))]
    public void Captions_are_learned_as_by_the_reference(string id, Precision precision)
    {
        using var device = Devices.Open(id);
        LearnCaptions(device, precision, Steps);
    }

    /// <summary>
    /// Compares so many steps with the reference's: losses, the first step's gradients, and the parameters after the last one.
    /// </summary>
    internal static void LearnCaptions(Device device, Precision precision, int steps)
    {
        using var golden = new TrainingGolden("training", "lm", Steps);
        using var source = new SyntheticTensorSource(Config, BlipHead.Captioning);
        using var model = new TrainedModel(device, source, CaptionObjective.Record(
            Config, null, Side, labelSmoothing: 0.1, new ObjectiveSettings(_ => true) { Precision = precision.ToDType() }));
        var inputs = golden.Root.GetProperty("inputs");
        var texts = Texts(inputs, Config.Text.BosTokenId);
        var batch = new CaptionBatch(texts, inputs.GetProperty("prompt_length").GetInt32());
        using var pixels = Pixels(device);
        var plan = model.PlanFor(CaptionObjective.Sizes(batch));
        plan.Bind(plan.Graph.Input(StepTowers.Pixels), pixels.View);
        CaptionObjective.Bind(plan, model.Inputs, batch, batch.Learned, ScaleOf(precision));

        Agree(golden, "lm", model, source, plan, precision, steps);
    }

    [Theory, InlineData("cpu"), InlineData("opencl")]
    public void Answers_are_learned_as_by_the_reference(string id)
    {
        using var golden = new TrainingGolden("training", "vqa", Steps);
        using var source = new SyntheticTensorSource(Config, BlipHead.VisualQuestionAnswering);
        using var device = Devices.Open(id);
        using var model = new TrainedModel(device, source, AnswerObjective.Record(
            Config, null, Side, labelSmoothing: 0, new ObjectiveSettings(_ => true)));
        var inputs = golden.Root.GetProperty("inputs");
        var answers = TrainingGolden.Texts(inputs.GetProperty("answer"), inputs.GetProperty("answer_mask"));
        var weights = inputs.GetProperty("answer_weights").EnumerateArray().Select(weight => weight.GetDouble()).ToList();
        var batch = new AnswerBatch(
            Texts(inputs, Config.Text.EncoderTokenId), [.. answers.Select((ids, row) => new BatchAnswer(ids, row, weights[row]))]);
        using var pixels = Pixels(device);
        var plan = model.PlanFor(AnswerObjective.Sizes(batch));
        plan.Bind(plan.Graph.Input(StepTowers.Pixels), pixels.View);
        AnswerObjective.Bind(plan, model.Inputs, batch, Images);

        Agree(golden, "vqa", model, source, plan, Precision.Fp32);
    }

    [Theory]
    [InlineData("itc_itm", "cpu", Precision.Fp32)]
    [InlineData("retrieval", "cpu", Precision.Fp32), InlineData("retrieval", "opencl", Precision.Fp32)]
    [InlineData("itc_itm", "cpu", Precision.Bf16), InlineData("itc_itm", "opencl", Precision.Bf16)]
    [InlineData("itc_itm", "cpu", Precision.Fp16), InlineData("itc_itm", "opencl", Precision.Fp16)]
    public void Contrast_and_matching_are_learned_as_by_the_reference(string name, string id, Precision precision)
    {
        using var golden = new TrainingGolden("training", name, Steps);
        var settings = golden.Root.GetProperty(name);
        var (queue, dim) = (golden.Root.GetProperty("itc_itm").GetProperty("queue").GetInt32(), Config.ImageTextHiddenSize);
        using var source = new ExtraTensorSource(new SyntheticTensorSource(Config, BlipHead.Retrieval));
        source.Set(TrainedKeys.Temperature, [], [(float)settings.GetProperty("temperature").GetDouble()]);
        using var device = Devices.Open(id);
        var state = new MatchState();
        var step = MatchObjective.Record(
            Config, new MatchSizes(Side, queue, Captions: false, 0), state,
            new ObjectiveSettings(key => key != TrainedKeys.Temperature) { Precision = precision.ToDType() });
        using var model = new TrainedModel(device, source, step);
        var inputs = golden.Root.GetProperty("inputs");
        var byId = settings.TryGetProperty("ids", out var ids);
        var batch = new MatchBatch(
            TrainingGolden.Texts(inputs.GetProperty("text"), inputs.GetProperty("mask")), byId
                ? TrainingGolden.Numbers(ids)
                : [0, 1, 2, 3]);
        using var pixels = Pixels(device);
        var plan = model.PlanFor(MatchObjective.Sizes(batch));
        plan.Bind(plan.Graph.Input(StepTowers.Pixels), pixels.View);
        MatchObjective.Bind(plan, model.Inputs, batch, Config.Text, captions: false, ScaleOf(precision));
        foreach (var (input, rows, made) in ((string, int, string)[])
        [
            (MatchObjective.ImageMomentum, Images, "momentum_image"), (MatchObjective.TextMomentum, Images, "momentum_text"),
            (MatchObjective.ImageQueue, queue, "image_queue"), (MatchObjective.TextQueue, queue, "text_queue"),
        ])
            plan.BindOwned(plan.Graph.Input(input), TrainingGolden.Unit(made, rows, dim));
        plan.BindOwned(
            plan.Graph.Input(MatchObjective.QueueKeys),
            byId ? TrainingGolden.Numbers(settings.GetProperty("queue_ids")) : [.. Enumerable.Repeat(MomentumCopy.NoImage, queue)]);
        (state.Contrast.Alpha, state.Contrast.QueueLength) = (settings.GetProperty("alpha").GetDouble(), queue);
        var negatives = new HardNegatives(
            TrainingGolden.Numbers(settings.GetProperty("negative_text_of_image")),
                TrainingGolden.Numbers(settings.GetProperty("negative_image_of_text")));
        state.Contrast.Share = ScaleOf(precision);
        state.Choose = _ => MatchObjective.Fill(model.Inputs, batch, negatives, Config.Text, ScaleOf(precision));

        Agree(golden, name, model, source, plan, precision);
    }

    private static double ScaleOf(Precision precision) => precision == Precision.Fp16 ? LossScale.First : 1;

    private static void Agree(
        TrainingGolden golden, string name, TrainedModel model, ITensorSource source, Plan plan, Precision precision, int steps = Steps)
    {
        var scale = ScaleOf(precision);
        using var gradients = new GradientScale(model.Device);
        var run = golden.Root.GetProperty(name);
        var expected = run.GetProperty("losses").EnumerateArray().ToList();
        for (var step = 0; step <= steps; step++)
        {
            model.Trained.ClearGradients();
            plan.Run();
            model.Trained.CompleteGradients();
            var loss = TrainedModel.ReadLosses(plan).Values.Sum() / scale;
            TrainingGolden.LossesAgree(expected[step].GetProperty("loss").GetDouble(), loss, $"the loss of step {step}", precision);
            if (step == 0)
                golden.GradientsAgree(model, precision, scale);
            Assert.True(gradients.Measure(model.Trained.Gradients, double.PositiveInfinity, scale).IsFinite);
            var settings = new StepSettings(run.GetProperty("lr").GetDouble(), WeightDecay: 0.05, DecaysAll: false);
            if (step < steps)
                model.Trained.Step(settings, gradients.Factor);
        }
        if (steps == Steps)
            golden.ParametersAgree(model, source, precision);
    }

    private static int[][] Texts(JsonElement inputs, int first) =>
        [.. TrainingGolden.Texts(inputs.GetProperty("text"), inputs.GetProperty("mask")).Select(ids => (int[])[first, .. ids[1..]])];

    private static DeviceBuffer<float> Pixels(Device device) =>
        device.Upload<float>(TrainingGolden.Made("pixel_values", Images * 3 * Side * Side, 0.1, 1.0));
}
