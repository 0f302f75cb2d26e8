using Blip.Kernels;
using Blip.Verification.References;

namespace Blip.Verification.Cases;

/// <summary>The values of a case.</summary>
public enum Spread
{
    /// <summary>As trained: inputs around 1, weights around 1/√in.</summary>
    Trained,

    /// <summary>Magnitudes from 10⁻⁸ to 10⁸ side by side.</summary>
    Extreme,

    /// <summary>Every other row of X is zero.</summary>
    ZeroRows,

    /// <summary>
    /// Inputs of up to 16 reach both ends of activations. Every other row has one nonzero input, so that no sum's rounding hides the
    /// activation.
    /// </summary>
    Wide,

    /// <summary>A row's outputs are all near a thousand.</summary>
    Offset,
}

/// <summary>One linear layer.</summary>
public sealed record GemmCase(string Name, int Rows, int InFeatures, int OutFeatures)
{
    /// <summary>The activation.</summary>
    public Activation Activation { get; init; }

    /// <summary>Whether it has a bias.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Whether it has a residual.</summary>
    public bool Residual { get; init; }

    /// <summary>Whether rows are normalised last.</summary>
    public bool Norm { get; init; }

    /// <summary>The kind of values.</summary>
    public Spread Spread { get; init; }

    /// <summary>The weights' format.</summary>
    public DType Format { get; init; }

    /// <summary>Whether inputs, and outputs without a residual, are in 16 bits, where kernels would round inputs to it anyway.</summary>
    public bool Halves { get; init; }

    /// <summary>Whether it is too large for slow kernels.</summary>
    public bool Large { get; init; }

    /// <summary>Multiplications plus additions.</summary>
    public long Flops => 2L * Rows * InFeatures * OutFeatures;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Name} [{Rows}, {InFeatures} -> {OutFeatures}] {Format} "
            + $"{Activation}{(Residual ? " + residual" : "")}{(Norm ? ", norm" : "")}{(Halves ? ", values of 16 bits" : "")}";
}

/// <summary>Output errors that the rounding of inputs allows: [rows, out].</summary>
internal delegate double[] InputBound(GemmCase gemm, int[] rows, float[] x, float[] weights, float[] scales);

/// <summary>The linear layers.</summary>
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
        new("many rows, three panels of inputs", 515, 131, 70),
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
        .. new[] { 388, 387 }.SelectMany(
            inFeatures => OfAll(new("few rows", 19, inFeatures, 100) { Residual = true, Activation = Activation.Gelu })),
        .. new[] { 68, 67 }.SelectMany(inFeatures => OfAll(new("few rows, whole tiles of columns", 27, inFeatures, 64))),
        .. OfAll(new("few rows, values of 16 bits", 27, 72, 64) { Halves = true }),
        .. new[] { 2048, 2047 }.SelectMany(inFeatures => OfAll(new("sixteen slices", 2, inFeatures, 32))),
        .. new[] { 228, 195 }.SelectMany(inFeatures =>
            OfAll(new("tiles, through all stages", 70, inFeatures, 132) { Residual = true, Activation = Activation.QuickGelu })),
        .. new[] { 36, 35 }.SelectMany(inFeatures => OfAll(new("tiles, full", 131, inFeatures, 132) { Residual = true })),
        .. new[] { 20, 19 }.SelectMany(inFeatures => OfAll(new("tiles, full, three panels", 256, inFeatures, 192))),
            .. OfAll(new("tiles, full, three panels, values of 16 bits", 256, 24, 192) { Halves = true }),
        .. new[] { 4, 5 }.SelectMany(inFeatures => OfAll(new("tiles, more than a band", 1050, inFeatures, 132))),
        .. OfAll(new("tiles, values of 16 bits", 70, 232, 136) { Halves = true }),
            .. OfAll(new("tiles, values of 16 bits", 131, 40, 136) { Halves = true, Residual = true }),
        .. OfAll(new("tiles, values of 16 bits", 1050, 8, 136) { Halves = true }),
            .. OfAll(new("sixteen slices, values of 16 bits", 2, 2048, 32) { Halves = true }),
        .. from activation in Enum.GetValues<Activation>()
           from rows in new[] { 19, 131 }
           from inFeatures in new[] { 7, 8 }
           from halves in new[] { false, true }
           where !halves || inFeatures == 8
           from gemm in OfAll(
               new($"ends of activations{(halves ? ", values of 16 bits" : "")}", rows, inFeatures, 72) { Spread = Spread.Wide,
               Activation = activation, Halves = halves })
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

    /// <summary>The image encoder's plain products for 32 images in 16 bits, only timed, on GPUs.</summary>
    public static IReadOnlyList<GemmCase> Batches { get; } =
    [
        .. new[] { (768, 2304), (768, 768), (768, 3072), (3072, 768) }.Select(
            shape => new GemmCase("base, 32 images", 32 * 577, shape.Item1, shape.Item2)
            {
                Large = true,
                Bias = false,
                Format = DType.Float16,
                Halves = true,
            }),
    ];

    /// <summary>Real models' sizes.</summary>
    public static IEnumerable<GemmCase> Real => All.Where(gemm => gemm.Large || gemm.Name.StartsWith("base", StringComparison.Ordinal));

    /// <summary>A case's deterministic inputs.</summary>
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
            gemm.Bias ? [.. Numbers(random, gemm.OutFeatures, 0.5f, gemm.Spread)
                .Select(value => value + (gemm.Spread == Spread.Offset ? 1000 : 0))] : [],
            gemm.Residual ? Numbers(random, gemm.Rows * gemm.OutFeatures, 2, gemm.Spread) : [],
            gemm.Norm ? Numbers(random, gemm.OutFeatures, 1, gemm.Spread) : [],
            gemm.Norm ? Numbers(random, gemm.OutFeatures, 0.5f, gemm.Spread) : []);
    }

    /// <summary>
    /// The largest output error relative to its bound. Rounding errors of a sum of n terms grow with √n, on the scale of the summed
    /// magnitudes; a few units are for the activation. Weights count as stored. <see cref="DType.Int8"/> may round inputs to 1/32767 of
    /// their row's largest, each by at most half a step, independently. Together these are at most Σ |w| / 2 steps, and at most seven
    /// standard deviations, 2 · √(Σ w²). For <see cref="DType.W8A8"/> see <see cref="InputsOfBytes.Error"/>. Kernels that round inputs are
    /// compared with the product of rounded inputs, where values beyond half precision are infinite. Stored outputs may be off by another
    /// half unit in the last place.
    /// </summary>
    public static double Error(GemmCase gemm, GemmInputs inputs, float[] actual, bool rounds = false, DType stored = DType.Float32)
    {
        if (gemm.Format == DType.W8A8)
            return InputsOfBytes.Error(gemm, inputs, actual, rounds);
        if (rounds)
            inputs = inputs with { X = Rounded(inputs.X, gemm.Format) };
        return Compare(gemm, inputs, actual, rounds, stored, rounds ? null : InputBounds);
    }

    /// <summary>The same for inputs as given, plus the errors that <paramref name="inputBounds"/> allows.</summary>
    internal static double Compare(GemmCase gemm, GemmInputs inputs, float[] actual, bool rounds, DType stored, InputBound? inputBounds)
    {
        var rows = RowsToCheck(gemm);
        var (expected, magnitude) = (new double[rows.Length * gemm.OutFeatures], new double[rows.Length * gemm.OutFeatures]);
        float[] x = [.. rows.SelectMany(row => inputs.X.AsSpan(row * gemm.InFeatures, gemm.InFeatures).ToArray())];
        float[] residual = gemm.Residual
            ? [.. rows.SelectMany(row => inputs.Residual.AsSpan(row * gemm.OutFeatures, gemm.OutFeatures).ToArray())]
            : [];
        var (weights, scales) = Stored(inputs.Weights, gemm.InFeatures, gemm.Format);
        GemmReference.Run(x, weights, scales, inputs.Bias, residual, gemm.Activation, expected, magnitude, rows.Length, gemm.OutFeatures,
            gemm.InFeatures);

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
            var error = double.IsFinite(expected[i] + rounding) || !rounds
                ? Math.Abs(value - expected[i]) : float.IsFinite(value) ? double.NaN
                : 0;
            if (error > 0 || double.IsNaN(error))
                worst = Math.Max(worst, double.IsNaN(error) ? double.PositiveInfinity : error / (bounds[i] + rounding));
        }
        return worst;
    }

    /// <summary>Inputs as tensor cores multiply them with a format's weights: half precision for whole numbers.</summary>
    public static float[] Rounded(float[] x, DType format) => format switch
    {
        DType.Float32 => x,
        DType.BFloat16 => Stored(x, 1, DType.BFloat16).Weights,
        DType.Float16 or DType.Int8 or DType.W8A8 => Stored(x, 1, DType.Float16).Weights,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There are no such values."),
    };

    /// <summary>Weights as kernels read them, and outputs' scales, if any.</summary>
    public static (float[] Weights, float[] Scales) Stored(float[] weights, int inFeatures, DType format) => format switch
    {
        DType.Float32 => (weights, []),
        DType.Float16 => ([.. weights.Select(weight => (float)(Half)weight)], []),
        DType.BFloat16 => ([.. weights.Select(weight => BFloat16Format.Decode(WeightPacking.Round(weight, format)))], []),
        DType.Int8 or DType.W8A8 => Quantised(weights, inFeatures),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There are no such values."),
    };

    // A row's largest magnitude becomes 127. Zero rows have a scale too.
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
            ? OfSteps(gemm, [.. rows.Select((_, row) =>
                Math.Max(x.AsSpan(row * gemm.InFeatures, gemm.InFeatures).ToArray().Max(Math.Abs), 1e-30) / 32767)], weights, scales)
            : new double[rows.Length * gemm.OutFeatures];

    /// <summary>Output errors where inputs are off by at most half their row's step.</summary>
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

    // (x - mean) / σ · gamma + beta: x's error is divided by σ. It also moves the mean, and σ in proportion to the value. The norm's sums
    // add errors.
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
                    + (4 * Rounding * ((Math.Abs(inputs.Gamma[c]) * (Math.Abs(normal) + (largest / deviation)))
                        + Math.Abs(inputs.Beta[c])));
            }
        }
    }

    // The loops in double are slow: large cases check few rows.
    private static int[] RowsToCheck(GemmCase gemm) => gemm.Large && gemm.Rows > 8
        ? [0, 1, gemm.Rows / 2, gemm.Rows - 2, gemm.Rows - 1]
        : [.. Enumerable.Range(0, gemm.Rows)];

    private static IEnumerable<GemmCase> Formats(GemmCase gemm) =>
        [gemm with { Format = DType.Float16 }, gemm with { Format = DType.BFloat16 }, gemm with { Format = DType.Int8 },
            gemm with { Format = DType.W8A8 }];

    private static IEnumerable<GemmCase> OfAll(GemmCase gemm) =>
        Formats(gemm).Prepend(gemm).Where(one => !one.Halves || one.Format != DType.Float32);

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
