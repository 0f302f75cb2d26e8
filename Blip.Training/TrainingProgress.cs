namespace Blip.Training;

/// <summary>The results of a step of training.</summary>
/// <param name="Step">The step, from 1.</param>
/// <param name="Steps">Steps of the whole run.</param>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="Losses">The loss of each objective, and their sum as <c>loss</c>.</param>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="GradientNorm">The length of the gradient over all parameters, before it was clipped.</param>
/// <param name="ImagesPerSecond">Images that were learned from in a second of this run.</param>
/// <param name="Remaining">Time that the run still takes, if steps stay as long.</param>
/// <param name="Skipped">True where the gradient was no number, and the weights stayed as they were.</param>
/// <param name="Notices">Messages: alarms, and checkpoints that were saved.</param>
public sealed record TrainingProgress(
    long Step, long Steps, int Epoch, IReadOnlyDictionary<string, double> Losses, double LearningRate, double GradientNorm,
    double ImagesPerSecond, TimeSpan Remaining, bool Skipped, IReadOnlyList<string> Notices)
{
    /// <summary>The factor of the step's losses while gradients were made of them, in fp16; null elsewhere.</summary>
    public double? LossScale { get; init; }

    /// <summary>The figures of the validation behind this step, by name; none where there was none.</summary>
    public IReadOnlyDictionary<string, double> Validation { get; init; } = new Dictionary<string, double>();
}

/// <summary>How a run ended.</summary>
/// <param name="Steps">Steps that were made, those before it went on among them.</param>
/// <param name="Stopped">True where it was told to stop: its progress is saved, and it can be resumed.</param>
/// <param name="Output">The folder of the model with the last weights.</param>
public sealed record TrainingResult(long Steps, bool Stopped, string Output);
