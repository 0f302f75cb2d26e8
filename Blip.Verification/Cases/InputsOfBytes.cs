using Blip.Kernels;

namespace Blip.Verification.Cases;

/// <summary>Inputs of <see cref="DType.W8A8"/>, rounded to 8 bits in steps of their row.</summary>
internal static class InputsOfBytes
{
    // Kernels may divide by the step or multiply by its inverse, with or without an intermediate rounding. Values this close to a half may
    // round either way.
    private const double NearTie = 2e-4;

    /// <summary>
    /// The larger of two errors relative to their bounds. The product of rounded inputs allows single precision's rounding, and a step for
    /// near ties. The product of the given inputs allows half a step each (see <see cref="GemmCases.OfSteps"/>). Tensor cores round factors
    /// to half precision, up or down.
    /// </summary>
    public static double Error(GemmCase gemm, GemmInputs inputs, float[] actual, bool rounds)
    {
        var quantised = inputs with { X = Rounded(inputs.X, gemm.InFeatures) };
        var halved = rounds ? quantised with { X = GemmCases.Rounded(quantised.X, DType.Float16) } : quantised;
        var exact = GemmCases.Compare(gemm, halved, actual, rounds, DType.Float32, NearTies);
        // An input that half precision makes infinite has no distance.
        return rounds && halved.X.Any(float.IsInfinity)
            ? exact
            : Math.Max(exact, GemmCases.Compare(gemm, inputs, actual, rounds, DType.Float32, Steps));

        double[] NearTies(GemmCase gemm, int[] rows, float[] x, float[] weights, float[] scales)
        {
            var bounds = new double[rows.Length * gemm.OutFeatures];
            for (var row = 0; row < rows.Length; row++)
            {
                var given = inputs.X.AsSpan(rows[row] * gemm.InFeatures, gemm.InFeatures);
                var step = Step(given);
                for (var k = 0; k < gemm.InFeatures; k++)
                {
                    var place = (double)given[k] / step;
                    var off = (Math.Abs(place - Math.Floor(place) - 0.5) < NearTie ? step : 0) + Half(x[(row * gemm.InFeatures) + k]);
                    for (var n = 0; off > 0 && n < gemm.OutFeatures; n++)
                        bounds[(row * gemm.OutFeatures) + n] += off * Math.Abs(weights[(n * gemm.InFeatures) + k]) * scales[n];
                }
            }
            return bounds;
        }

        double[] Steps(GemmCase gemm, int[] rows, float[] x, float[] weights, float[] scales)
        {
            var largest = rows.Select((_, row) => x.AsSpan(row * gemm.InFeatures, gemm.InFeatures).ToArray().Max(Math.Abs));
            return GemmCases.OfSteps(
                gemm, [.. rows.Zip(largest, (row, most) =>
                    (Step(inputs.X.AsSpan(row * gemm.InFeatures, gemm.InFeatures)) * (1 + NearTie)) + (2 * Half(most)))], weights, scales);
        }

        double Half(float value) => rounds && float.IsFinite(value) ? Math.Abs(value) / 2048 : 0;
    }

    /// <summary>The rounded rows.</summary>
    public static float[] Rounded(float[] x, int length)
    {
        var rounded = new float[x.Length];
        for (var first = 0; first < x.Length; first += length)
        {
            var step = Step(x.AsSpan(first, length));
            var inverse = 1 / step;
            for (var k = first; k < first + length; k++)
                rounded[k] = (float)(Math.Round((double)(x[k] * inverse)) * step);
        }
        return rounded;
    }

    // 254 steps span a row's values and 0. Zero rows have a step too.
    private static float Step(ReadOnlySpan<float> row)
    {
        var (low, high) = (0f, 0f);
        foreach (var value in row)
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        return Math.Max((high / 254) - (low / 254), 1e-30f);
    }
}
