using Blip.Kernels;

namespace Blip.Verification.References;

/// <summary>The truth that the tests compare with, in double.</summary>
internal static class LogSoftmaxReference
{
    /// <summary>A logit as the variants read it: NaN and +inf as -inf.</summary>
    public static double Clean(float logit) => logit < float.PositiveInfinity ? logit : double.NegativeInfinity;

    /// <summary>Log-probabilities of one row, and the logarithm of its sum of exponentials.</summary>
    public static (double[] LogProbabilities, double LogSum) Row(IReadOnlyList<double> logits)
    {
        var largest = logits.Max();
        if (double.IsNegativeInfinity(largest))
            return ([.. logits], 0);
        // Apart, so that the logarithm is not lost beside a large element.
        var logSum = Math.Log(logits.Sum(value => Math.Exp(value - largest)));
        return ([.. logits.Select(value => value - largest - logSum)], largest + logSum);
    }
}
