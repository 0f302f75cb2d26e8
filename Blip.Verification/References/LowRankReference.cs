using Blip.Verification.Cases;

namespace Blip.Verification.References;

/// <summary>Matrices are <c>[in, columns]</c>, A is <c>[rank, in]</c>, and B transposed is <c>[rank, out]</c>.</summary>
internal static class LowRankReference
{
    /// <summary>The matrix plus the product, and sums of magnitudes.</summary>
    public static (double[] Matrix, double[] Magnitude) Merge(LowRankCase test, float[] matrix, float[] down, float[] up)
    {
        double[] merged = [.. matrix.Select(value => (double)value)], magnitude = [.. matrix.Select(value => Math.Abs((double)value))];
        for (var input = 0; input < test.InFeatures; input++)
        {
            for (var output = 0; output < test.OutFeatures; output++)
            {
                var at = (input * test.Columns) + test.FirstColumn + output;
                for (var row = 0; row < test.Rank; row++)
                {
                    var term = test.Scale * (double)down[(row * test.InFeatures) + input] * up[(row * test.OutFeatures) + output];
                    merged[at] += term;
                    magnitude[at] += Math.Abs(term);
                }
            }
        }
        return (merged, magnitude);
    }

    /// <summary>A's gradient, then B's, and sums of magnitudes.</summary>
    public static (double[] Gradients, double[] Magnitude) Gradient(LowRankCase test, float[] gradient, float[] down, float[] up)
    {
        var (sums, magnitude) = (new double[down.Length + up.Length], new double[down.Length + up.Length]);
        for (var row = 0; row < test.Rank; row++)
        {
            for (var input = 0; input < test.InFeatures; input++)
            {
                for (var output = 0; output < test.OutFeatures; output++)
                {
                    var (a, b) = ((row * test.InFeatures) + input, (row * test.OutFeatures) + output);
                    var scaled = test.Scale * (double)gradient[(input * test.Columns) + test.FirstColumn + output];
                    Add(a, scaled * up[b]);
                    Add(down.Length + b, scaled * down[a]);
                }
            }
        }
        return (sums, magnitude);

        void Add(int i, double term)
        {
            sums[i] += term;
            magnitude[i] += Math.Abs(term);
        }
    }
}
