namespace Blip.Training;

/// <summary>The results of a training step.</summary>
/// <param name="Step">The step, from 1.</param>
/// <param name="Steps">Steps of the run.</param>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="Losses">Each objective's loss, and their sum as <c>loss</c>.</param>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="GradientNorm">The gradient norm over all parameters before clipping.</param>
/// <param name="ImagesPerSecond">Images per second of this run.</param>
/// <param name="Remaining">Estimated time to the end.</param>
/// <param name="Skipped">True where the gradient was not finite and the weights did not change.</param>
/// <param name="Notices">Alarms and saved checkpoints.</param>
public sealed record TrainingProgress(
    long Step, long Steps, int Epoch, IReadOnlyDictionary<string, double> Losses, double LearningRate, double GradientNorm,
    double ImagesPerSecond, TimeSpan Remaining, bool Skipped, IReadOnlyList<string> Notices)
{
    /// <summary>The loss scale of fp16; otherwise null.</summary>
    public double? LossScale { get; init; }

    /// <summary>The validation's figures by name; empty where there was none.</summary>
    public IReadOnlyDictionary<string, double> Validation { get; init; } = new Dictionary<string, double>();
}

/// <summary>The result of a run.</summary>
/// <param name="Steps">Steps made, with those before a resumption.</param>
/// <param name="Stopped">True where it was stopped; it can be resumed.</param>
/// <param name="Output">The folder of the last weights' model.</param>
public sealed record TrainingResult(long Steps, bool Stopped, string Output);
