namespace Blip.Verification.Operators;

/// <summary>A gradient's formula in double, and the function whose slope it must be.</summary>
/// <param name="Input">The input that has the gradient.</param>
/// <param name="At">The input's values.</param>
/// <param name="Gradient">The gradient there.</param>
/// <param name="Loss">The function, in double: the result of the forward operator along one direction.</param>
public sealed record Slope(string Input, float[] At, double[] Gradient, Func<float[], double> Loss)
{
    private const float Step = 1f / 1024;

    private const int Most = 24;

    /// <summary>Every element is looked at; otherwise some of many.</summary>
    public bool IsWhole { get; init; }

    /// <summary>A result along one direction, which makes one number of it.</summary>
    /// <param name="result">The result.</param>
    /// <param name="direction">The direction: the gradient of the result.</param>
    public static double Along(double[] result, float[] direction) => result.Zip(direction, (a, b) => a * b).Sum();

    /// <summary>
    /// Compares with central differences: f(x + h) - f(x - h) over 2h, with the distance that the rounded arguments really have.
    /// The third derivative times h²/6 is left, which is 2e-5 of the largest gradient at most.
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
