using Blip.Kernels;
using Blip.Verification.References;

namespace Blip.Verification.Cases;

/// <summary>The kinds of numbers in a case.</summary>
public enum Spread
{
    /// <summary>About what a trained layer has: inputs around 1, weights around 1/√in.</summary>
    Trained,

    /// <summary>Magnitudes from 10⁻⁸ to 10⁸ side by side.</summary>
    Extreme,

    /// <summary>Every other row of X is zero.</summary>
    ZeroRows,

    /// <summary>
    /// Inputs of up to 16, so that outputs reach both ends of an activation; every other row has but one that is not zero: no sum's rounding hides
    /// the activation's effect.
    /// </summary>
    Wide,

    /// <summary>All of a row's outputs are near a thousand.</summary>
    Offset,
}

/// <summary>One linear layer.</summary>
public sealed record GemmCase(string Name, int Rows, int InFeatures, int OutFeatures)
{
    /// <summary>The epilogue.</summary>
    public Activation Activation { get; init; }

    /// <summary>Whether a bias is added.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Whether a residual is added.</summary>
    public bool Residual { get; init; }

    /// <summary>Whether the rows are normalised at the end.</summary>
    public bool Norm { get; init; }

    /// <summary>The numbers.</summary>
    public Spread Spread { get; init; }

    /// <summary>How the weights are stored.</summary>
    public DType Format { get; init; }

    /// <summary>
    /// Inputs are stored in 16 bits where the device's kernels would round them to these anyway, and outputs without a residual are, too: as between
    /// the layers of a model.
    /// </summary>
    public bool Halves { get; init; }

    /// <summary>Too large for a kernel that is not meant to be fast on the device.</summary>
    public bool Large { get; init; }

    /// <summary>Multiplications and additions.</summary>
    public long Flops => 2L * Rows * InFeatures * OutFeatures;

    /// <inheritdoc/>
    public override string ToString() => $"{Name} [{Rows}, {InFeatures} -> {OutFeatures}] {Format} {Activation}{(Residual ? " + residual" : "")}{(Norm ? ", norm" : "")}{(Halves ? ", values of 16 bits" : "")}";
}

/// <summary>What outputs may be off by for the rounding of inputs: [rows, out].</summary>
internal delegate double[] InputBound(GemmCase gemm, int[] rows, float[] x, float[] weights, float[] scales);

/// <summary>The linear layers that tests and benchmarks share.</summary>
public static class GemmCases
{
    /// <summary>Every case.</summary>
    public static IReadOnlyList<GemmCase> All { get; } =
    [
        new("one by one", 1, 1, 1),
        new("one input", 5, 1, 70),
        new("one output", 7, 33, 1),
        new("one row", 1, 129, 65),
        new("primes", 13, 97, 131) { Residual = true },
        new("two rows", 2, 64, 64) { Bias = false },
        new("three beams", 3, 96, 200) { Residual = true },
        new("no bias", 6, 48, 96) { Bias = false, Residual = true },
        new("seven rows", 7, 32, 128) { Activation = Activation.Gelu },
        new("past a block of inputs", 4, 769, 66) { Activation = Activation.QuickGelu },
        new("two blocks of inputs", 11, 1537, 70) { Residual = true },
        new("past a block of rows", 145, 40, 67) { Activation = Activation.Relu },
        new("several blocks of rows", 300, 17, 20) { Residual = true, Activation = Activation.GeluTanh },
        new("gelu and residual", 9, 65, 63) { Activation = Activation.Gelu, Residual = true },
        new("tanh", 3, 50, 50) { Activation = Activation.Tanh },
        new("extreme values", 5, 61, 67) { Spread = Spread.Extreme },
        new("zero rows", 8, 61, 67) { Spread = Spread.ZeroRows, Activation = Activation.Gelu },
        .. Formats(new("short", 1, 131, 70)),
        .. Formats(new("short", 3, 1, 64) { Bias = false }),
        .. Formats(new("short", 5, 131, 70) { Residual = true }),
        .. Formats(new("short", 37, 800, 130) { Activation = Activation.Gelu }),
        .. Formats(new("short", 160, 513, 65) { Residual = true, Activation = Activation.Tanh }),
        .. Formats(new("short, long rows", 2, 3077, 64)),
        .. Formats(new("short, extreme values", 5, 61, 67) { Spread = Spread.Extreme }),
        .. Formats(new("short, zero rows", 8, 61, 67) { Spread = Spread.ZeroRows, Activation = Activation.Gelu }),
        .. Formats(new("values of 16 bits", 1, 136, 72) { Halves = true }),
        .. Formats(new("values of 16 bits", 37, 264, 136) { Halves = true, Activation = Activation.Gelu }),
        .. Formats(new("values of 16 bits", 131, 72, 64) { Halves = true, Residual = true }),
        .. Formats(new("values of 16 bits, extreme", 5, 64, 72) { Halves = true, Spread = Spread.Extreme }),
        new("normalised, one token", 1, 130, 70) { Residual = true, Norm = true },
        new("normalised, many rows", 19, 70, 131) { Norm = true, Activation = Activation.Gelu },
        .. Formats(new("normalised, three beams", 3, 96, 134) { Residual = true, Norm = true }),
        .. OfAll(new("normalised, two tiles of rows", 9, 300, 65) { Norm = true }),
        .. OfAll(new("normalised, far from zero", 2, 36, 263) { Norm = true, Spread = Spread.Offset }),
        .. new[] { 388, 387 }.SelectMany(inFeatures => OfAll(new("few rows", 19, inFeatures, 100) { Residual = true, Activation = Activation.Gelu })),
        .. new[] { 68, 67 }.SelectMany(inFeatures => OfAll(new("few rows, whole tiles of columns", 27, inFeatures, 64))),
        .. OfAll(new("few rows, values of 16 bits", 27, 72, 64) { Halves = true }),
        .. new[] { 2048, 2047 }.SelectMany(inFeatures => OfAll(new("sixteen slices", 2, inFeatures, 32))),
        .. new[] { 228, 195 }.SelectMany(inFeatures => OfAll(new("tiles, through all stages", 70, inFeatures, 132) { Residual = true, Activation = Activation.QuickGelu })),
        .. new[] { 36, 35 }.SelectMany(inFeatures => OfAll(new("tiles, full", 131, inFeatures, 132) { Residual = true })),
        .. new[] { 20, 19 }.SelectMany(inFeatures => OfAll(new("tiles, full, three panels", 256, inFeatures, 192))), .. OfAll(new("tiles, full, three panels, values of 16 bits", 256, 24, 192) { Halves = true }),
        .. new[] { 4, 5 }.SelectMany(inFeatures => OfAll(new("tiles, more than a band", 1050, inFeatures, 132))),
        .. OfAll(new("tiles, values of 16 bits", 70, 232, 136) { Halves = true }), .. OfAll(new("tiles, values of 16 bits", 131, 40, 136) { Halves = true, Residual = true }),
        .. OfAll(new("tiles, values of 16 bits", 1050, 8, 136) { Halves = true }), .. OfAll(new("sixteen slices, values of 16 bits", 2, 2048, 32) { Halves = true }),
        .. from activation in Enum.GetValues<Activation>()
           from rows in new[] { 19, 131 }
           from inFeatures in new[] { 7, 8 }
           from halves in new[] { false, true }
           where !halves || inFeatures == 8
           from gemm in OfAll(new($"ends of activations{(halves ? ", values of 16 bits" : "")}", rows, inFeatures, 72) { Spread = Spread.Wide, Activation = activation, Halves = halves })
           select gemm,
        new("base, query-key-value", 577, 768, 2304) { Large = true },
        new("base, attention output", 577, 768, 768) { Large = true, Residual = true },
        new("base, feed-forward in", 577, 768, 3072) { Large = true, Activation = Activation.Gelu },
        new("base, feed-forward out", 577, 3072, 768) { Large = true, Residual = true },
        new("base, one token", 1, 768, 768),
        new("base, one token, feed-forward", 1, 768, 3072) { Activation = Activation.Gelu },
        new("base, vocabulary", 1, 768, 30524) { Large = true },
        new("base, vocabulary, three beams", 3, 768, 30524) { Large = true },
        .. Formats(new("base, feed-forward in", 577, 768, 3072) { Large = true, Activation = Activation.Gelu }),
        .. Formats(new("base, one token, feed-forward out", 1, 3072, 768) { Residual = true }),
        .. Formats(new("base, vocabulary", 1, 768, 30524) { Large = true }),
        new("base, query-key-value", 577, 768, 2304) { Large = true, Format = DType.Int8 },
        new("base, query-key-value", 577, 768, 2304) { Large = true, Format = DType.W8A8 },
        new("base, attention output", 577, 768, 768) { Large = true, Residual = true, Format = DType.Int8 },
        new("base, attention output", 577, 768, 768) { Large = true, Residual = true, Format = DType.W8A8 },
        new("base, feed-forward out", 577, 3072, 768) { Large = true, Residual = true, Format = DType.Int8 },
        new("base, feed-forward out", 577, 3072, 768) { Large = true, Residual = true, Format = DType.W8A8 },
        new("base, vocabulary, three beams", 3, 768, 30524) { Large = true, Format = DType.Int8 },
        new("base, vocabulary, three beams", 3, 768, 30524) { Large = true, Format = DType.W8A8 },
        new("large, cross-attention of text", 64, 1024, 1536) { Large = true },
        new("large, feed-forward", 197, 1024, 4096) { Large = true, Activation = Activation.Gelu },
        new("large, feed-forward out", 197, 4096, 1024) { Large = true, Residual = true },
    ];

    /// <summary>The image encoder's products for 32 images, plain, as a library of linear algebra has them, 16 bits throughout: only timed, and on GPUs.</summary>
    public static IReadOnlyList<GemmCase> Batches { get; } =
    [
        .. new[] { (768, 2304), (768, 768), (768, 3072), (3072, 768) }.Select(
            shape => new GemmCase("base, 32 images", 32 * 577, shape.Item1, shape.Item2) { Large = true, Bias = false, Format = DType.Float16, Halves = true }),
    ];

    /// <summary>As in the real models, base and large.</summary>
    public static IEnumerable<GemmCase> Real => All.Where(gemm => gemm.Large || gemm.Name.StartsWith("base", StringComparison.Ordinal));

    /// <summary>The inputs of a case, always the same.</summary>
    public static GemmInputs Make(GemmCase gemm)
    {
        var random = new Random(gemm.Rows + (31 * gemm.InFeatures) + (17 * gemm.OutFeatures));
        var x = Numbers(random, gemm.Rows * gemm.InFeatures, gemm.Spread == Spread.Wide ? 16 : 1, gemm.Spread);
        var weights = Numbers(random, gemm.OutFeatures * gemm.InFeatures, 1 / MathF.Sqrt(gemm.InFeatures), gemm.Spread);
        if (gemm.Spread == Spread.ZeroRows)
        {
            for (var row = 0; row < gemm.Rows; row += 2)
                x.AsSpan(row * gemm.InFeatures, gemm.InFeatures).Clear();
        }
        for (var row = 1; gemm.Spread == Spread.Wide && row < gemm.Rows; row += 2)
        {
            for (var k = 0; k < gemm.InFeatures; k++)
                x[(row * gemm.InFeatures) + k] *= k == row % gemm.InFeatures ? 1 : 0;
        }
        if (gemm.Format == DType.Float16 && gemm.Spread == Spread.Extreme)
            Clamp(weights);
        return new GemmInputs(
            x, weights,
            gemm.Bias ? [.. Numbers(random, gemm.OutFeatures, 0.5f, gemm.Spread).Select(value => value + (gemm.Spread == Spread.Offset ? 1000 : 0))] : [],
            gemm.Residual ? Numbers(random, gemm.Rows * gemm.OutFeatures, 2, gemm.Spread) : [],
            gemm.Norm ? Numbers(random, gemm.OutFeatures, 1, gemm.Spread) : [],
            gemm.Norm ? Numbers(random, gemm.OutFeatures, 0.5f, gemm.Spread) : []);
    }

    /// <summary>
    /// The largest error of an output relative to the tolerance: rounding errors of a sum of n terms grow with √n where they are
    /// independent, on the scale of the sum of magnitudes; a few units of slack are for the activation. Weights count as they are stored.
    /// With <see cref="DType.Int8"/> inputs may be rounded to 1/32767 of the largest of their row, each by half of that at most and
    /// independent of the others: their sum is off by at most Σ |w| / 2 of it, and by no more than seven standard deviations, 2 · √(Σ w²).
    /// With <see cref="DType.W8A8"/> see <see cref="InputsOfBytes.Error"/>.
    /// A kernel that rounds its inputs is compared with the product of the rounded inputs; values beyond half precision are infinite then.
    /// Outputs that are stored in a format are off by half a unit of their last place more.
    /// </summary>
    public static double Error(GemmCase gemm, GemmInputs inputs, float[] actual, bool rounds = false, DType stored = DType.Float32)
    {
        if (gemm.Format == DType.W8A8)
            return InputsOfBytes.Error(gemm, inputs, actual, rounds);
        if (rounds)
            inputs = inputs with { X = Rounded(inputs.X, gemm.Format) };
        return Compare(gemm, inputs, actual, rounds, stored, rounds ? null : InputBounds);
    }

    /// <summary>The same for inputs that are multiplied as they are given, but for errors that <paramref name="inputBounds"/> allows.</summary>
    internal static double Compare(GemmCase gemm, GemmInputs inputs, float[] actual, bool rounds, DType stored, InputBound? inputBounds)
    {
        var rows = RowsToCheck(gemm);
        var (expected, magnitude) = (new double[rows.Length * gemm.OutFeatures], new double[rows.Length * gemm.OutFeatures]);
        float[] x = [.. rows.SelectMany(row => inputs.X.AsSpan(row * gemm.InFeatures, gemm.InFeatures).ToArray())];
        float[] residual = gemm.Residual ? [.. rows.SelectMany(row => inputs.Residual.AsSpan(row * gemm.OutFeatures, gemm.OutFeatures).ToArray())] : [];
        var (weights, scales) = Stored(inputs.Weights, gemm.InFeatures, gemm.Format);
        GemmReference.Run(x, weights, scales, inputs.Bias, residual, gemm.Activation, expected, magnitude, rows.Length, gemm.OutFeatures, gemm.InFeatures);

        var bound = 6e-8 * (4 + (2 * Math.Sqrt(gemm.InFeatures)));
        double[] bounds = [.. magnitude.Select((size, i) => bound * size)];
        var allowed = inputBounds?.Invoke(gemm, rows, x, weights, scales);
        for (var i = 0; allowed is not null && i < bounds.Length; i++)
            bounds[i] += allowed[i];
        if (gemm.Norm)
            Normalize(gemm, inputs, expected, bounds);
        var worst = 0d;
        for (var i = 0; i < expected.Length; i++)
        {
            var value = actual[(rows[i / gemm.OutFeatures] * gemm.OutFeatures) + (i % gemm.OutFeatures)];
            var rounding = HalfValues.Rounding(expected[i], stored);
            var error = double.IsFinite(expected[i] + rounding) || !rounds ? Math.Abs(value - expected[i]) : float.IsFinite(value) ? double.NaN : 0;
            if (error > 0 || double.IsNaN(error))
                worst = Math.Max(worst, double.IsNaN(error) ? double.PositiveInfinity : error / (bounds[i] + rounding));
        }
        return worst;
    }

    /// <summary>Inputs as tensor cores multiply them with weights of a format: beside whole numbers in half precision.</summary>
    public static float[] Rounded(float[] x, DType format) => format switch
    {
        DType.Float32 => x,
        DType.BFloat16 => Stored(x, 1, DType.BFloat16).Weights,
        DType.Float16 or DType.Int8 or DType.W8A8 => Stored(x, 1, DType.Float16).Weights,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There are no such values."),
    };

    /// <summary>Weights as a kernel reads them, and the scale of each output; empty: none.</summary>
    public static (float[] Weights, float[] Scales) Stored(float[] weights, int inFeatures, DType format) => format switch
    {
        DType.Float32 => (weights, []),
        DType.Float16 => ([.. weights.Select(weight => (float)(Half)weight)], []),
        DType.BFloat16 => ([.. weights.Select(weight => BFloat16Format.Decode(WeightPacking.Round(weight, format)))], []),
        DType.Int8 or DType.W8A8 => Quantised(weights, inFeatures),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There are no such values."),
    };

    // Largest magnitude of a row / 127 is 1; a row of zeros has a scale too.
    private static (float[] Weights, float[] Scales) Quantised(float[] weights, int inFeatures)
    {
        var (whole, scales) = (new float[weights.Length], new float[weights.Length / inFeatures]);
        for (var row = 0; row < scales.Length; row++)
        {
            var largest = Math.Max(weights.AsSpan(row * inFeatures, inFeatures).ToArray().Max(Math.Abs), 1e-30f);
            scales[row] = largest / 127;
            for (var k = 0; k < inFeatures; k++)
                whole[(row * inFeatures) + k] = MathF.Round(weights[(row * inFeatures) + k] * (127 / largest));
        }
        return (whole, scales);
    }

    private static double[] InputBounds(GemmCase gemm, int[] rows, float[] x, float[] weights, float[] scales) =>
        gemm.Format == DType.Int8
            ? OfSteps(gemm, [.. rows.Select((_, row) => Math.Max(x.AsSpan(row * gemm.InFeatures, gemm.InFeatures).ToArray().Max(Math.Abs), 1e-30) / 32767)], weights, scales)
            : new double[rows.Length * gemm.OutFeatures];

    /// <summary>What outputs may be off by where every input of a row is off by half a step of that row at most.</summary>
    internal static double[] OfSteps(GemmCase gemm, double[] steps, float[] weights, float[] scales)
    {
        var bounds = new double[steps.Length * gemm.OutFeatures];
        for (var n = 0; n < gemm.OutFeatures; n++)
        {
            double sum = 0, squares = 0;
            foreach (double weight in weights.AsSpan(n * gemm.InFeatures, gemm.InFeatures))
                (sum, squares) = (sum + Math.Abs(weight), squares + (weight * weight));
            for (var row = 0; row < steps.Length; row++)
                bounds[(row * gemm.OutFeatures) + n] = steps[row] * scales[n] * Math.Min(sum / 2, 2 * Math.Sqrt(squares));
        }
        return bounds;
    }

    // (x - mean) / σ · gamma + beta: an error of x is divided by σ; it also moves the mean, and σ in proportion to the value. The norm's own sums add theirs.
    private static void Normalize(GemmCase gemm, GemmInputs inputs, double[] values, double[] bounds)
    {
        const double Rounding = 6e-8;
        for (var first = 0; first < values.Length; first += gemm.OutFeatures)
        {
            var row = values.AsSpan(first, gemm.OutFeatures);
            var allowed = bounds.AsSpan(first, gemm.OutFeatures);
            var (x, b) = (row.ToArray(), allowed.ToArray());
            var mean = x.Average();
            var deviation = Math.Sqrt(x.Average(value => (value - mean) * (value - mean)) + GemmInputs.Epsilon);
            var (average, rms, largest) = (b.Average(), Math.Sqrt(b.Average(value => value * value)), x.Max(Math.Abs));
            for (var c = 0; c < row.Length; c++)
            {
                var normal = (x[c] - mean) / deviation;
                row[c] = (normal * inputs.Gamma[c]) + inputs.Beta[c];
                allowed[c] = (Math.Abs(inputs.Gamma[c]) * (b[c] + average + (Math.Abs(normal) * rms)) / deviation)
                    + (4 * Rounding * ((Math.Abs(inputs.Gamma[c]) * (Math.Abs(normal) + (largest / deviation))) + Math.Abs(inputs.Beta[c])));
            }
        }
    }

    // In a large case the double loops would take longer than everything else: its first and last tiles, and some between.
    private static int[] RowsToCheck(GemmCase gemm) => gemm.Large && gemm.Rows > 8
        ? [0, 1, gemm.Rows / 2, gemm.Rows - 2, gemm.Rows - 1]
        : [.. Enumerable.Range(0, gemm.Rows)];

    private static IEnumerable<GemmCase> Formats(GemmCase gemm) =>
        [gemm with { Format = DType.Float16 }, gemm with { Format = DType.BFloat16 }, gemm with { Format = DType.Int8 }, gemm with { Format = DType.W8A8 }];

    private static IEnumerable<GemmCase> OfAll(GemmCase gemm) => Formats(gemm).Prepend(gemm).Where(one => !one.Halves || one.Format != DType.Float32);

    private static float[] Numbers(Random random, int count, float scale, Spread spread)
    {
        var numbers = new float[count];
        for (var i = 0; i < count; i++)
        {
            numbers[i] = ((random.NextSingle() * 2) - 1) * scale;
            if (spread == Spread.Extreme)
                numbers[i] *= MathF.Pow(10, random.Next(-8, 9));
        }
        return numbers;
    }

    // The values that a half can hold.
    private static void Clamp(float[] weights)
    {
        foreach (ref var weight in weights.AsSpan())
            weight = Math.Clamp(weight, -60000, 60000);
    }
}

/// <summary>The arrays of a <see cref="GemmCase"/>.</summary>
public sealed record GemmInputs(float[] X, float[] Weights, float[] Bias, float[] Residual, float[] Gamma, float[] Beta)
{
    /// <summary>The norm's addition to the variance.</summary>
    public const float Epsilon = 1e-5f;
}
