using Blip.Kernels;

namespace Blip.Verification.References;

/// <summary>Takes log-probabilities.</summary>
internal static class LogSoftmaxBackwardReference
{
    /// <summary>The gradient, and each row's sum of |dy|.</summary>
    public static (double[] Gradient, double[] Magnitude) Run(float[] y, float[] dy, int rows, int vocabulary)
    {
        var (dx, magnitude) = (new double[rows * vocabulary], new double[rows]);
        for (var row = 0; row < rows; row++)
        {
            var sum = 0.0;
            for (var i = row * vocabulary; i < (row + 1) * vocabulary; i++)
            {
                sum += dy[i];
                magnitude[row] += Math.Abs(dy[i]);
            }
            for (var i = row * vocabulary; i < (row + 1) * vocabulary; i++)
                dx[i] = dy[i] - (Math.Exp(y[i]) * sum);
        }
        return (dx, magnitude);
    }
}
