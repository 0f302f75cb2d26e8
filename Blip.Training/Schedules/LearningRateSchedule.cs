using System.Diagnostics;

namespace Blip.Training.Schedules;

/// <summary>
/// The learning rate by the authors' rules (salesforce/BLIP, utils.py). It is set once an epoch. The warm-up rises by step and ends with
/// the first epoch.
/// </summary>
internal sealed class LearningRateSchedule(TrainingOptions options)
{
    /// <summary>The learning rate at a step of an epoch, both from 0.</summary>
    public double At(int epoch, int step) => epoch == 0 && options.WarmupSteps > 0 ? Warmup(step) : Curve(epoch);

    /// <summary>A message where the warm-up is longer than an epoch, so that the rate jumps; otherwise null.</summary>
    public string? Notice(int stepsPerEpoch) => options.WarmupSteps <= stepsPerEpoch
        ? null
        : FormattableString.Invariant(
            $"the warm-up of {options.WarmupSteps} steps is longer than an epoch of {stepsPerEpoch}: the learning rate goes from ")
            + FormattableString.Invariant($"{At(0, stepsPerEpoch - 1):G3} to {At(1, 0):G3} where the second epoch begins");

    private double Warmup(int step)
    {
        var (first, last) = (options.WarmupLearningRate, options.LearningRate);
        return Math.Min(last, first + ((last - first) * step / options.WarmupSteps));
    }

    private double Curve(int epoch)
    {
        var (most, least) = (options.LearningRate, options.MinLearningRate);
        return options.Schedule switch
        {
            LearningRateCurve.Cosine => ((most - least) * 0.5 * (1 + Math.Cos(Math.PI * epoch / options.Epochs))) + least,
            LearningRateCurve.Step => Math.Max(least, most * Math.Pow(options.LearningRateDecay, epoch)),
            LearningRateCurve.Constant => most,
            var other => throw new UnreachableException($"There is no curve {other}."),
        };
    }
}
