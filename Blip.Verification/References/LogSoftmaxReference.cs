using Blip.Kernels;

namespace Blip.Verification.References;

internal static class LogSoftmaxReference
{
    /// <summary>A logit as kernels read it: NaN and +inf as -inf.</summary>
    public static double Clean(float logit) => logit < float.PositiveInfinity ? logit : double.NegativeInfinity;

    /// <summary>A row's log-probabilities, and the logarithm of its sum of exponentials.</summary>
    public static (double[] LogProbabilities, double LogSum) Row(IReadOnlyList<double> logits)
    {
        var largest = logits.Max();
        if (double.IsNegativeInfinity(largest))
            return ([.. logits], 0);
        // Subtracted separately: a large element would absorb the logarithm.
        var logSum = Math.Log(logits.Sum(value => Math.Exp(value - largest)));
        return ([.. logits.Select(value => value - largest - logSum)], largest + logSum);
    }
}
