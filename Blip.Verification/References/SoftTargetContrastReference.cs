using Blip.Kernels;

namespace Blip.Verification.References;

internal static class SoftTargetContrastReference
{
    /// <summary>The weighted losses, and their sum's gradients by features and temperature.</summary>
    /// <param name="features">[rows, dim].</param>
    /// <param name="momentum">[rows, dim].</param>
    /// <param name="others">[columns, dim]: the batch's, then the queue's.</param>
    /// <param name="keys">[columns].</param>
    /// <param name="temperature">The divisor of similarities.</param>
    /// <param name="alpha">The soft targets' share.</param>
    /// <param name="weight">Each row's weight.</param>
    /// <param name="dim">Elements of a feature.</param>
    public static (double[] Losses, double[] Gradient, double Temperature) Run(
        float[] features, float[] momentum, float[] others, int[] keys, double temperature, double alpha, double weight, int dim)
    {
        var rows = features.Length / dim;
        var (losses, gradient, temperatureGradient) = (new double[rows], new double[features.Length], 0.0);
        for (var row = 0; row < rows; row++)
        {
            var similarities = Similarities(features, row, others, temperature, dim);
            var (logProbabilities, _) = LogSoftmaxReference.Row(similarities);
            var (soft, _) = LogSoftmaxReference.Row(Similarities(momentum, row, others, temperature, dim));
            var matches = keys.Count(key => key == keys[row]);
            for (var j = 0; j < keys.Length; j++)
            {
                var target = (alpha * Math.Exp(soft[j])) + (keys[j] == keys[row] ? (1 - alpha) / matches : 0);
                // Where a logarithm overflows, the target is 0.
                losses[row] -= target == 0 ? 0 : weight * target * logProbabilities[j];
                var slope = weight * (Math.Exp(logProbabilities[j]) - target) / temperature;
                temperatureGradient -= slope * similarities[j];
                for (var c = 0; c < dim; c++)
                    gradient[(row * dim) + c] += slope * others[(j * dim) + c];
            }
        }
        return (losses, gradient, temperatureGradient);
    }

    private static double[] Similarities(float[] features, int row, float[] others, double temperature, int dim)
    {
        var similarities = new double[others.Length / dim];
        for (var j = 0; j < similarities.Length; j++)
        {
            var sum = 0.0;
            for (var c = 0; c < dim; c++)
                sum += (double)features[(row * dim) + c] * others[(j * dim) + c];
            similarities[j] = sum / temperature;
        }
        return similarities;
    }
}
