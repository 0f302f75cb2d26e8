using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Models;
using Blip.Training;
using Blip.Training.Engine;
using Blip.Training.Objectives;

namespace Blip.Tests.Training;

/// <summary>The gradients and the first values of LoRA's products, over a small captioner.</summary>
public class LoraWeightsTests
{
    private const int Images = 3, Rank = 4;

    private static readonly TrainingOptions Options = TrainingRecipes.For(TrainingTask.Caption) with { LoraRank = Rank, LoraAlpha = 6 };

    /// <summary>By the formulas in double from the gradients of the matrices, and by the loss along them.</summary>
    [Theory, InlineData("cpu"), InlineData("opencl")]
    public void Gradients_of_the_factors_are_those_of_the_loss(string id)
    {
        using var step = new Step(id);
        var weights = step.Weights;
        FillUp(weights);
        step.Loss();
        weights.CompleteGradients();
        var flat = step.Model.Device.Read(weights.Gradients);
        var gradients = weights.Parameters.Select((_, i) => step.Model.Device.Read(weights.Gradient(i))).ToList();
        var starts = weights.Saved.Select(factor => factor.Read()).ToList();

        var at = 0;
        var along = new List<float[]>();
        foreach (var (pair, factors) in weights.ReadPairs().Zip(starts.Chunk(2)))
        {
            var (i, parameter) = weights.Parameters.Index().Single(entry => entry.Item.Keys.Contains(pair.Key));
            var columns = parameter.Matrix!.OutFeatures;
            var first = parameter.Keys.ToList().IndexOf(pair.Key) * pair.Height;
            var (down, up) = (new double[factors[0].Length], new double[factors[1].Length]);
            for (var row = 0; row < Rank; row++)
            {
                for (var input = 0; input < pair.Width; input++)
                {
                    for (var output = 0; output < pair.Height; output++)
                    {
                        var gradient = 1.5 * gradients[i][(input * columns) + first + output];
                        down[(row * pair.Width) + input] += gradient * pair.Up[(output * Rank) + row];
                        up[(row * pair.Height) + output] += gradient * pair.Down[(row * pair.Width) + input];
                    }
                }
            }
            along.Add(Agree(down, pair.Key));
            along.Add(Agree(up, pair.Key));
        }

        var squared = along.Sum(gradient => gradient.Sum(value => (double)value * value));
        var distance = 2e-3 / Math.Sqrt(squared);
        Assert.InRange((LossAt(distance) - LossAt(-distance)) / (2 * distance * squared), 0.99, 1.01);

        float[] Agree(double[] expected, string key)
        {
            var actual = flat[at..(at + expected.Length)];
            at += (expected.Length + 15) / 16 * 16;
            var largest = expected.Max(Math.Abs);
            Assert.NotEqual(0, largest);
            Assert.All(expected.Zip(actual), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-5 * largest, $"{key}: {pair}"));
            return actual;
        }

        double LossAt(double far)
        {
            foreach (var (i, factor) in weights.Saved.Index())
                factor.Write([.. starts[i].Zip(along[i], (value, gradient) => (float)(value + (far * gradient)))]);
            weights.GoOn(0);
            return step.Loss();
        }
    }

    [Fact]
    public void A_begins_as_peft_draws_it_and_B_with_zeros()
    {
        using var step = new Step("cpu");
        foreach (var pair in step.Weights.ReadPairs())
        {
            var bound = 1 / Math.Sqrt(pair.Width);
            Assert.Equal(1.5, pair.Scale);
            Assert.All(pair.Up, value => Assert.Equal(0, value));
            Assert.All(pair.Down, value => Assert.InRange(value, -bound, bound));
            // A uniform distribution's rms is its bound over √3.
            Assert.InRange(Math.Sqrt(pair.Down.Average(value => (double)value * value)) / bound, 0.4, 0.75);
        }
        using var again = new Step("cpu");
        Assert.Equal(step.Weights.ReadPairs().SelectMany(pair => pair.Down), again.Weights.ReadPairs().SelectMany(pair => pair.Down));
        using var other = new Step("cpu", Options with { Seed = 43 });
        Assert.NotEqual(step.Weights.ReadPairs().SelectMany(pair => pair.Down), other.Weights.ReadPairs().SelectMany(pair => pair.Down));
    }

    /// <summary>PEFT's file has the vision tower's projections in it, too, which are adapted there alone.</summary>
    [Fact]
    public void A_written_adapter_has_the_keys_that_peft_writes()
    {
        using var step = new Step("cpu");
        using var folder = new TemporaryFolder();

        LoraWriter.Write(folder.Path, step.Weights.Config, step.Weights.ReadPairs());

        using var written = new SafetensorsFile(Path.Combine(folder.Path, LoraAdapter.FileName));
        using var golden = new SafetensorsFile(GoldenModel.Folder("lora", LoraAdapter.FileName));
        var expected = golden.Keys.Where(key => !key.Contains(".projection.", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        Assert.Equal(expected, written.Keys.Order(StringComparer.Ordinal));
    }

    // With zeros the gradients of A are zeros, too.
    private static void FillUp(LoraWeights weights)
    {
        foreach (var factor in weights.Saved.Where(factor => factor.Name.EndsWith(".B", StringComparison.Ordinal)))
            factor.Write(TrainingGolden.Made(factor.Name, (int)factor.First.Length, scale: 0.1));
        weights.GoOn(0);
    }

    private sealed class Step : IDisposable
    {
        private readonly Stack<IDisposable> owned = [];
        private readonly Plan plan;

        public Step(string device, TrainingOptions? options = null)
        {
            var config = TrainingGolden.Config;
            var side = config.Vision.ImageSize;
            var source = Own(new SyntheticTensorSource(config, BlipHead.Captioning));
            var graph = CaptionObjective.Record(config, null, side, 0.1, new ObjectiveSettings(TrainedKeys.Of(options ?? Options)));
            var on = Own(Devices.Open(device));
            Model = Own(new TrainedModel(on, source, graph, options ?? Options));
            var batch = new CaptionBatch([[97, 19, 65, 43, 7], [97, 10, 7], [97, 66, 65, 20]], Given: 1);
            plan = Model.PlanFor(CaptionObjective.Sizes(batch));
            var pixels = Own(on.Upload<float>(TrainingGolden.Made("pixel_values", Images * 3 * side * side, 0.1, 1.0)));
            plan.Bind(plan.Graph.Input(StepTowers.Pixels), pixels.View);
            CaptionObjective.Bind(plan, Model.Inputs, batch, batch.Learned);
        }

        public TrainedModel Model { get; }

        public LoraWeights Weights => (LoraWeights)Model.Trained;

        public double Loss()
        {
            Model.Trained.ClearGradients();
            plan.Run();
            return TrainedModel.ReadLosses(plan).Values.Sum();
        }

        public void Dispose()
        {
            while (owned.TryPop(out var one))
                one.Dispose();
        }

        private T Own<T>(T one)
            where T : IDisposable
        {
            owned.Push(one);
            return one;
        }
    }
}
