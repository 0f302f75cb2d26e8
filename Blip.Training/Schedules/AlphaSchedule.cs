namespace Blip.Training.Schedules;

/// <summary>
/// The weight of the momentum copies' similarities in the targets of contrast: it rises from 0 in a line over the first epochs
/// (salesforce/BLIP, pretrain.py: two epochs; train_retrieval.py: one).
/// </summary>
/// <param name="options">Alpha and its ramp.</param>
/// <param name="stepsPerEpoch">Steps of an epoch, at least 1.</param>
internal sealed class AlphaSchedule(TrainingOptions options, int stepsPerEpoch)
{
    /// <summary>Alpha.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="step">The step within the epoch, from 0.</param>
    public double At(int epoch, int step)
    {
        var ramp = (double)options.AlphaRampEpochs * stepsPerEpoch;
        return ramp == 0 ? options.Alpha : options.Alpha * Math.Min(1, (((double)epoch * stepsPerEpoch) + step) / ramp);
    }
}
