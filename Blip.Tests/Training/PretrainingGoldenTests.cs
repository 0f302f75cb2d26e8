using System.Text.Json;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Imaging;
using Blip.Runtime.Tokenization;
using Blip.Training;
using Blip.Training.Engine;
using Blip.Training.Objectives;
using Blip.Training.Saving;

namespace Blip.Tests.Training;

/// <summary>All three objectives at once, with tied towers, momentum copies and queues, against the reference.</summary>
public class PretrainingGoldenTests
{
    private const int Steps = 4;

    private static BlipConfig Config => TrainingGolden.Config;

    [Theory, InlineData("cpu"), InlineData("opencl")]
    public void Four_steps_are_those_of_the_reference(string id)
    {
        using var golden = new TrainingGolden("pretrain", "pretrain", Steps);
        using var source = new ExtraTensorSource(new PairedTensorSource(
            new SyntheticTensorSource(Config, BlipHead.Retrieval), new SyntheticTensorSource(Config, BlipHead.Captioning)));
        source.Set(TrainedKeys.Temperature, [], [TrainedKeys.FirstTemperature]);
        using var device = Devices.Open(id);
        var (queue, batch, side) =
            (golden.Root.GetProperty("queue_size").GetInt32(), golden.Root.GetProperty("batch").GetInt32(), Config.Vision.ImageSize);
        var options = TrainingRecipes.For(TrainingTask.Pretrain) with
        {
            QueueSize = queue,
            BatchSize = batch,
            ImageSize = side,
            Dropout = 0,
            AttentionDropout = 0,
            DropPath = 0,
        };
        using var learner = new MatchLearner(
            new LearnerParts(device, source, Config, null, Tokenizer(), options), source, new ImageProcessing
            {
                Width = side,
                Height = side,
            });
        var dim = Config.ImageTextHiddenSize;
        learner.Momentum!.Fill(
            Queue("image_queue", queue, dim), Queue("text_queue", queue, dim), [.. Enumerable.Repeat(MomentumCopy.NoImage, queue)],
                pointer: 0);

        foreach (var (step, expected) in golden.Root.GetProperty("steps").EnumerateArray().Index())
        {
            using var pixels = device.Upload<float>(TrainingGolden.Made($"pixel_values.{step}", batch * 3 * side * side, 0.1, 1.0));
            var texts = new MatchBatch(
                TrainingGolden.Texts(expected.GetProperty("text"), expected.GetProperty("mask")), [.. Enumerable.Range(0, batch)]);
            var negatives = new HardNegatives(Numbers(expected, "negative_text_of_image"), Numbers(expected, "negative_image_of_text"));
            learner.Model.Trained.ClearGradients();
            learner.Begin();
            Assert.Equal(expected.GetProperty("temperature_before").GetDouble(), learner.Temperature!.Value, 1e-6);
            learner.Alpha = expected.GetProperty("alpha").GetDouble();
            var losses = learner.Run(texts, pixels.View, _ => negatives);
            learner.Model.Trained.CompleteGradients();
            TrainingGolden.LossesAgree(Number(expected, "loss_ita"),
                losses[MatchObjective.ImageToText] + losses[MatchObjective.TextToImage], $"contrast in step {step}");
            TrainingGolden.LossesAgree(Number(expected, "loss_itm"), losses[MatchObjective.Matching], $"matching in step {step}");
            TrainingGolden.LossesAgree(Number(expected, "loss_lm"), losses[CaptionObjective.Loss], $"captions in step {step}");
            if (step == 0)
                golden.GradientsAgree(learner.Model);
            learner.Model.Trained.Step(new StepSettings(Number(expected, "learning_rate"), WeightDecay: 0.05, DecaysAll: true), default);
        }
        golden.ParametersAgree(learner.Model, source);
        var (images, words) = learner.Momentum.ReadQueues();
        QueuesAgree(golden.After("image_queue"), images, queue);
        QueuesAgree(golden.After("text_queue"), words, queue);
        Assert.Equal(golden.Root.GetProperty("queue_pointer_after").GetInt32(), learner.Momentum.Pointer);
    }

    private static WordPieceTokenizer Tokenizer() =>
        WordPieceTokenizer.Load(Path.Combine(Repository.Root, "weights", "captioning", "vocab.txt"));

    private static int[] Numbers(JsonElement step, string name) => TrainingGolden.Numbers(step.GetProperty(name));

    private static double Number(JsonElement step, string name) => step.GetProperty(name).GetDouble();

    // The authors keep queues as [dim, size], and each column has length one.
    private static float[] Queue(string name, int size, int dim)
    {
        var made = TrainingGolden.Made(name, dim * size);
        var queue = new float[size * dim];
        for (var place = 0; place < size; place++)
        {
            var length = Math.Sqrt(Enumerable.Range(0, dim).Sum(d => Math.Pow(made[(d * size) + place], 2)));
            for (var d = 0; d < dim; d++)
                queue[(place * dim) + d] = (float)(made[(d * size) + place] / length);
        }
        return queue;
    }

    private static void QueuesAgree(float[] expected, float[] actual, int size)
    {
        var dim = actual.Length / size;
        for (var i = 0; i < actual.Length; i++)
            Assert.Equal(expected[(i % dim * size) + (i / dim)], actual[i], 1e-5);
    }
}
