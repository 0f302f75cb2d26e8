namespace Blip.Bench.Workloads;

/// <summary>One side's way to learn captions, a step at a time, with the same numbers on all sides.</summary>
internal interface ITrainingWorks : IDisposable
{
    /// <summary>AdamW's learning rate.</summary>
    const double LearningRate = 1e-4;

    /// <summary>AdamW's decay, of all parameters.</summary>
    const double WeightDecay = 0.05;

    /// <summary>The share of a target that is spread over the vocabulary.</summary>
    const double LabelSmoothing = 0.1;

    /// <summary>Forward, backward and AdamW, over the whole batch.</summary>
    /// <returns>The mean loss of the tokens, before the step.</returns>
    double Step();
}
