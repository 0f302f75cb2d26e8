using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Backward;
using Blip.Runtime.Models;
using Blip.Training.Engine;
using Blip.Training.Objectives;

namespace Blip.Tests.Training;

/// <summary>A whole step's gradient against the loss it belongs to, where the reference has no golden.</summary>
public class SlopeTests
{
    private const int Images = 3;

    /// <summary>
    /// The loss along its gradient has the gradient's length as its slope. Positions are resized in the graph, since the images are larger
    /// than the model's, and dropout and stochastic depth draw the same in each run.
    /// </summary>
    [Theory, InlineData("cpu", 0.0), InlineData("cpu", 0.3), InlineData("opencl", 0.3)]
    public void The_loss_falls_as_fast_as_its_gradient_says(string id, double dropout)
    {
        var config = TrainingGolden.Config;
        var side = config.Vision.ImageSize + config.Vision.PatchSize;
        using var source = new SyntheticTensorSource(config, BlipHead.Captioning);
        using var device = Devices.Open(id);
        var noise = new TrainingNoise(dropout, dropout, dropout);
        noise.Seed.Value = 7;
        using var model = new TrainedModel(
            device, source, CaptionObjective.Record(config, null, side, 0.1, new ObjectiveSettings(_ => true) { Noise = noise }));
        var batch = new CaptionBatch([[97, 19, 65, 43, 7], [97, 10, 7], [97, 66, 65, 20]], Given: 1);
        using var pixels = device.Upload<float>(TrainingGolden.Made("pixel_values", Images * 3 * side * side, 0.1, 1.0));
        var plan = model.PlanFor(CaptionObjective.Sizes(batch));
        plan.Bind(plan.Graph.Input(StepTowers.Pixels), pixels.View);
        CaptionObjective.Bind(plan, model.Inputs, batch, batch.Learned);

        _ = Loss(model, plan);
        model.Trained.CompleteGradients();
        var gradients = model.Trained.Parameters.Select((_, i) => device.Read(model.Trained.Gradient(i))).ToList();
        var starts = model.Trained.Parameters.Select(parameter => Read(model, parameter)).ToList();
        var squared = gradients.Sum(gradient => gradient.Sum(value => (double)value * value));
        var step = 2e-3 / Math.Sqrt(squared);
        var slope = (At(step) - At(-step)) / (2 * step);

        Assert.InRange(slope / squared, 0.99, 1.01);

        double At(double along)
        {
            foreach (var (i, parameter) in model.Trained.Parameters.Index())
            {
                var (gradient, values) = (gradients[i], (float[])starts[i].Clone());
                for (var j = 0; j < values.Length; j++)
                    values[j] += (float)(along * gradient[j]);
                Write(model, parameter, values);
            }
            return Loss(model, plan);
        }
    }

    private static double Loss(TrainedModel model, Plan plan)
    {
        model.Trained.ClearGradients();
        plan.Run();
        return TrainedModel.ReadLosses(plan).Values.Sum();
    }

    // In the layout of the gradient: a matrix's columns first.
    private static float[] Read(TrainedModel model, TrainedParameter parameter) => parameter.Matrix is { } matrix
        ? TrainingGolden.Transposed(model.Weights.ReadRows(matrix), matrix.OutFeatures, matrix.InFeatures)
        : model.Device.Read(model.Trained.Dense(parameter));

    private static void Write(TrainedModel model, TrainedParameter parameter, float[] values)
    {
        if (parameter.Matrix is { } matrix)
            model.Weights.WriteRows(matrix, TrainingGolden.Transposed(values, matrix.InFeatures, matrix.OutFeatures));
        else
            model.Device.Write<float>(values, model.Trained.Dense(parameter));
    }
}
