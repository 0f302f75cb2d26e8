namespace Blip.Kernels;

/// <summary>The truth that the tests compare with, in double.</summary>
internal static class LogSoftmaxReference
{
    /// <summary>Log-probabilities of one row, and the logarithm of its sum of exponentials.</summary>
    public static (double[] LogProbabilities, double LogSum) Row(IReadOnlyList<double> logits)
    {
        var largest = logits.Max();
        if (double.IsNegativeInfinity(largest))
            return ([.. logits], 0);
        var logSum = largest + Math.Log(logits.Sum(value => Math.Exp(value - largest)));
        return ([.. logits.Select(value => value - logSum)], logSum);
    }
}
