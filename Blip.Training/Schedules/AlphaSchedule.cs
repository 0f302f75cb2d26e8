namespace Blip.Training.Schedules;

/// <summary>
/// The weight alpha of the momentum copies' similarities in contrast's targets. It rises linearly from 0 over the first epochs
/// (salesforce/BLIP, pretrain.py: two; train_retrieval.py: one).
/// </summary>
internal sealed class AlphaSchedule(TrainingOptions options, int stepsPerEpoch)
{
    /// <summary>Alpha at a step of an epoch, both from 0.</summary>
    public double At(int epoch, int step)
    {
        var ramp = (double)options.AlphaRampEpochs * stepsPerEpoch;
        return ramp == 0 ? options.Alpha : options.Alpha * Math.Min(1, (((double)epoch * stepsPerEpoch) + step) / ramp);
    }
}
