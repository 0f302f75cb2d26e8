namespace Blip.Bench.Workloads;

/// <summary>One side of learning captions by steps, with the same numbers on all sides.</summary>
internal interface ITrainingWorks : IDisposable
{
    const double LearningRate = 1e-4;

    /// <summary>The weight decay, for all parameters.</summary>
    const double WeightDecay = 0.05;

    /// <summary>The target's share for the whole vocabulary.</summary>
    const double LabelSmoothing = 0.1;

    /// <summary>Forward, backward and AdamW, over the whole batch.</summary>
    /// <returns>The tokens' mean loss before the step.</returns>
    double Step();
}
