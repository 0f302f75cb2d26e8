using Blip.Kernels;

namespace Blip.Verification.References;

internal static class CrossEntropyReference
{
    /// <summary>The weighted losses, and the gradient of their sum.</summary>
    /// <param name="logits">[rows, classes].</param>
    /// <param name="labels">[rows].</param>
    /// <param name="weights">[rows].</param>
    /// <param name="smoothing">The target's share for all classes.</param>
    public static (double[] Losses, double[] Gradient) Run(float[] logits, int[] labels, float[] weights, float smoothing)
    {
        var (rows, classes) = (labels.Length, logits.Length / labels.Length);
        var (losses, gradient) = (new double[rows], new double[logits.Length]);
        for (var row = 0; row < rows; row++)
        {
            var at = row * classes;
            if (weights[row] == 0)
                continue;
            if (labels[row] < 0 || labels[row] >= classes)
            {
                losses[row] = double.NaN;
                Array.Fill(gradient, double.NaN, at, classes);
                continue;
            }
            var (logProbabilities, _) = LogSoftmaxReference.Row([.. logits.Skip(at).Take(classes).Select(x => (double)x)]);
            var right = (1 - (double)smoothing) * logProbabilities[labels[row]];
            losses[row] = -weights[row] * (right + (smoothing * logProbabilities.Average()));
            for (var c = 0; c < classes; c++)
            {
                var target = ((double)smoothing / classes) + (c == labels[row] ? 1 - (double)smoothing : 0);
                gradient[at + c] = weights[row] * (Math.Exp(logProbabilities[c]) - target);
            }
        }
        return (losses, gradient);
    }
}
