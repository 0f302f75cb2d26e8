namespace Blip.Verification.Operators;

/// <summary>A gradient's formula in double, and its function.</summary>
/// <param name="Input">The input's name.</param>
/// <param name="At">Its values.</param>
/// <param name="Gradient">The gradient there.</param>
/// <param name="Loss">The function in double: the forward result along one direction.</param>
public sealed record Slope(string Input, float[] At, double[] Gradient, Func<float[], double> Loss)
{
    private const float Step = 1f / 1024;

    private const int Most = 24;

    /// <summary>Whether all elements are checked, not a sample.</summary>
    public bool IsWhole { get; init; }

    /// <summary>A result's product with a direction.</summary>
    /// <param name="result">The result.</param>
    /// <param name="direction">The result's gradient.</param>
    public static double Along(double[] result, float[] direction) => result.Zip(direction, (a, b) => a * b).Sum();

    /// <summary>
    /// Compares with central differences, (f(x + h) - f(x - h)) / 2h, where 2h is the distance of the rounded arguments. Their error, the
    /// third derivative times h²/6, is at most 2e-5 of the largest gradient.
    /// </summary>
    public Agreement Compare()
    {
        var random = new Random(11);
        var bound = 2e-5 * (Gradient.Max(Math.Abs) + 1e-3);
        var seen = IsWhole || At.Length < Most
            ? Enumerable.Range(0, At.Length)
            : Enumerable.Range(0, Most).Select(_ => random.Next(At.Length));
        var worst = Agreement.Full;
        foreach (var i in seen)
        {
            var (above, below) = ((float[])At.Clone(), (float[])At.Clone());
            above[i] += Step;
            below[i] -= Step;
            var slope = (Loss(above) - Loss(below)) / ((double)above[i] - below[i]);
            var error = Math.Abs(slope - Gradient[i]) / bound;
            if (!(error <= worst.Error))
            {
                var where = $"{Input}: the slope at {i} is {slope:g9}, the gradient {Gradient[i]:g9}";
                worst = new(double.IsNaN(error) ? double.PositiveInfinity : error, where);
            }
        }
        return worst;
    }
}
