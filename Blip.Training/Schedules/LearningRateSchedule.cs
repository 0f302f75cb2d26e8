using System.Diagnostics;

namespace Blip.Training.Schedules;

/// <summary>
/// The learning rate of a step, by the authors' rules (salesforce/BLIP, utils.py). It is set once per epoch. In the first epoch it rises by
/// step where there is a warm-up, and the warm-up ends with that epoch.
/// </summary>
/// <param name="options">Rate, curve and warm-up.</param>
internal sealed class LearningRateSchedule(TrainingOptions options)
{
    /// <summary>The learning rate.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="step">The step within the epoch, from 0.</param>
    public double At(int epoch, int step) => epoch == 0 && options.WarmupSteps > 0 ? Warmup(step) : Curve(epoch);

    /// <summary>A word where the warm-up is longer than an epoch, since the rate then jumps; null otherwise.</summary>
    /// <param name="stepsPerEpoch">Steps of an epoch.</param>
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
