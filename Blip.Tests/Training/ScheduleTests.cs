using System.Text.Json;
using Blip.Training;
using Blip.Training.Schedules;

namespace Blip.Tests.Training;

public class ScheduleTests
{
    [Fact]
    public void Learning_rate_and_alpha_of_every_step_are_those_of_the_recorded_run()
    {
        var golden = JsonElement.Parse(File.ReadAllBytes(GoldenModel.Folder("pretrain", "pretrain.json")));
        var options = new TrainingOptions
        {
            Task = TrainingTask.Pretrain,
            LearningRate = golden.GetProperty("learning_rate").GetDouble(),
            WarmupSteps = 3,
            Alpha = golden.GetProperty("alpha").GetDouble(),
            AlphaRampEpochs = 2,
        };
        var rates = new LearningRateSchedule(options);
        var alphas = new AlphaSchedule(options, golden.GetProperty("steps_per_epoch").GetInt32());
        var steps = golden.GetProperty("steps").EnumerateArray().ToList();

        Assert.Equal(steps.Select(step => step.GetProperty("learning_rate").GetDouble()), steps.Select((_, i) => rates.At(0, i)));
        Assert.Equal(steps.Select(step => step.GetProperty("alpha").GetDouble()), steps.Select((_, i) => alphas.At(0, i)));
        Assert.Equal(4, steps.Count);
    }

    [Fact]
    public void The_cosine_falls_by_epoch_from_the_rate_to_the_least_one()
    {
        var schedule = new LearningRateSchedule(new TrainingOptions
        {
            Task = TrainingTask.Caption, LearningRate = 1e-5, MinLearningRate = 1e-6, Epochs = 4,
        });

        Assert.Equal([1e-5, 1e-5], [schedule.At(0, 0), schedule.At(0, 99)]);
        Assert.Equal((9e-6 * 0.5 * (1 + Math.Cos(Math.PI / 4))) + 1e-6, schedule.At(1, 3), 1e-20);
        Assert.Equal(5.5e-6, schedule.At(2, 0), 1e-20);
        Assert.Equal(1e-6, schedule.At(4, 0), 1e-20);
    }

    [Fact]
    public void The_step_schedule_stops_at_the_least_rate_and_the_constant_one_never_falls()
    {
        var options = TrainingRecipes.For(TrainingTask.Pretrain, TrainingRecipe.Lavis);
        var schedule = new LearningRateSchedule(options);

        Assert.Equal(1e-6, schedule.At(0, 0));
        Assert.Equal(3e-4, schedule.At(0, 3000));
        Assert.Equal(3e-4, schedule.At(0, 9000));
        Assert.Equal(3e-4 * 0.9 * 0.9, schedule.At(2, 0), 1e-18);
        Assert.Equal(1e-6, schedule.At(1000, 0));
        Assert.Equal(3e-4, new LearningRateSchedule(options with { Schedule = LearningRateCurve.Constant }).At(1000, 0));
    }

    [Fact]
    public void A_warm_up_beyond_the_first_epoch_is_told()
    {
        var schedule = new LearningRateSchedule(TrainingRecipes.For(TrainingTask.Pretrain));

        Assert.Null(schedule.Notice(3000));
        Assert.Equal(
            "the warm-up of 3000 steps is longer than an epoch of 100: the learning rate goes from 1.09E-05 to 0.000255 "
                + "where the second epoch begins",
            schedule.Notice(100));
    }

    [Fact]
    public void Alpha_rises_over_one_epoch_in_retrieval_and_over_two_in_pre_training()
    {
        var match = new AlphaSchedule(TrainingRecipes.For(TrainingTask.Match), stepsPerEpoch: 10);
        var pretrain = new AlphaSchedule(TrainingRecipes.For(TrainingTask.Pretrain), stepsPerEpoch: 10);
        var atOnce = new AlphaSchedule(TrainingRecipes.For(TrainingTask.Match) with { AlphaRampEpochs = 0 }, stepsPerEpoch: 10);

        Assert.Equal([0, 0.2, 0.4, 0.4], [match.At(0, 0), match.At(0, 5), match.At(1, 0), match.At(5, 9)]);
        Assert.Equal([0, 0.1, 0.2, 0.4], [pretrain.At(0, 0), pretrain.At(0, 5), pretrain.At(1, 0), pretrain.At(2, 0)]);
        Assert.Equal(0.4, atOnce.At(0, 0));
    }
}
