using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.References;

namespace Blip.Verification.Cases;

/// <summary>The cases of the forward operators, run backwards: with a gradient of the result, and what is allowed of the gradient of the arguments.</summary>
public static class BackwardCases
{
    private const double Ulp = 1.0 / (1 << 23);

    /// <summary>The linear layers, without those that differ in their epilogue alone.</summary>
    public static IEnumerable<GemmCase> Gemms =>
        GemmCases.All.DistinctBy(test => (test.Rows, test.InFeatures, test.OutFeatures, test.Format, test.Spread)).Select(test => test with { Activation = Activation.None, Residual = false, Bias = false });

    /// <summary>Those of the text tower over 35 words, and the parts of a pair.</summary>
    public static IReadOnlyList<GemmCase> RealGemms =>
    [
        new("base, query-key-value", 35, 768, 2304), new("base, dense", 35, 768, 768), new("base, feed-forward in", 35, 768, 3072),
        new("base, feed-forward out", 35, 3072, 768), new("base, matching head", 1, 768, 2), new("base, feed-forward in", 35, 768, 3072) { Format = WeightFormat.BFloat16 },
    ];

    /// <summary>Normalisations without a residual, whose gradient is that of their sum.</summary>
    public static IEnumerable<NormalizationCase> LayerNorms => NormalizationCases.Small.Where(test => !test.Residual && test.Values != RowValues.Constant);

    /// <summary>As in the text tower over 35 words.</summary>
    public static IReadOnlyList<NormalizationCase> RealLayerNorms => [new(35, 768, Eps: 1e-12f), new(577, 768)];

    /// <summary>Attentions over keys that have a gradient: none is read from a cache position by position.</summary>
    public static IEnumerable<AttentionCase> Attentions =>
        AttentionCases.Small.Where(test => test.KeyRows != KeyRows.Shuffled && test.Spread < 1e3).Select(test => test with { Probabilities = true });

    /// <summary>As in the text tower over 35 words.</summary>
    public static IReadOnlyList<AttentionCase> RealAttentions =>
    [
        new("text encoder, 35 words", 1, 35, 35, 12, 64) { Packed = true, Probabilities = true },
        new("cross, 35 words", 1, 35, 577, 12, 64) { Probabilities = true },
    ];

    /// <summary>Rollouts: rows, heads, tokens.</summary>
    public static IReadOnlyList<(int Rows, int Heads, int Tokens)> Rollouts => [(1, 1, 1), (2, 3, 5), (1, 4, 37), (3, 2, 65), .. RealRollouts];

    /// <summary>A base model's encoder at retrieval's size.</summary>
    public static IReadOnlyList<(int Rows, int Heads, int Tokens)> RealRollouts => [(1, 12, 197)];

    /// <summary>A gradient, the same every time.</summary>
    public static float[] Gradient(int count, int seed = 5)
    {
        var random = new Random(seed + count);
        return [.. Enumerable.Range(0, count).Select(_ => ((random.NextSingle() * 2) - 1) * 2)];
    }

    /// <summary>Softmax weights and what came before, whose rows sum to 1.</summary>
    public static float[] Stochastic(int rows, int width)
    {
        var values = Gradient(rows * width).Select(value => MathF.Exp(2 * value)).ToArray();
        for (var row = 0; row < rows; row++)
        {
            var part = values.AsSpan(row * width, width);
            var sum = 0.0;
            foreach (var value in part)
                sum += value;
            foreach (ref var value in part)
                value = (float)(value / sum);
        }
        return values;
    }

    /// <summary>The largest error of a linear layer's gradient relative to what is allowed; as <see cref="GemmCases.Error"/> has it, over the outputs.</summary>
    public static double GemmError(GemmCase gemm, float[] dy, float[] weights, float[] actual)
    {
        var (stored, scales) = GemmCases.Stored(weights, gemm.InFeatures, gemm.Format);
        var (expected, magnitude) = GemmBackwardReference.Run(dy, stored, scales, gemm.Rows, gemm.OutFeatures, gemm.InFeatures);
        var bound = 6e-8 * (4 + (2 * Math.Sqrt(gemm.OutFeatures)));
        return Worst(expected, actual, i => bound * magnitude[i]).Error;
    }

    /// <summary>The largest error of an activation's gradient, relative to what is allowed.</summary>
    public static (double Error, string Where) ActivationError(ActivationCase test, float[] x, float[] dy, float[] actual)
    {
        // The double reference takes longer than everything else: of a large case, elements far apart.
        var step = Math.Max(1, test.Count / 20_000);
        int[] seen = [.. Enumerable.Range(0, test.Count).Where(i => i < ActivationCase.Special.Length || i % step == 0)];
        double[] expected = [.. seen.Select(i => dy[i] * ActivationsBackwardReference.Derivative(x[i], test.Kind))];
        // Sums of terms around 1, the argument times another in each of them.
        return Worst(expected, [.. seen.Select(i => actual[i])], i => Math.Abs(dy[seen[i]]) * (8 + Math.Min(Math.Abs(x[seen[i]]), 16)) * Ulp / 2);
    }

    /// <summary>The largest error of a layer normalisation's gradient, relative to what is allowed.</summary>
    public static (double Error, string Where) LayerNormError(NormalizationCase test, float[] x, float[] gamma, float[] dy, float[] actual)
    {
        var (expected, magnitude) = LayerNormBackwardReference.Run(x, gamma, dy, test.Rows, test.Width, test.Eps);
        // Differences of means and of a product with x̂ (at most √width, which a single large element reaches), some units of the largest each.
        var bound = (8 + (test.Values == RowValues.Spike ? 4 * Math.Sqrt(test.Width) : 0)) * Ulp;
        // Far from zero with little spread, x̂ itself has the error of x's last place over the spread.
        var spread = test.Values == RowValues.Offset ? 4 * Math.Sqrt(test.Width) * Ulp : 0;
        return Worst(expected, actual, i => (bound + spread) * magnitude[i / test.Width]);
    }

    /// <summary>The largest error of a rollout, relative to what is allowed.</summary>
    public static (double Error, string Where) RolloutError((int Rows, int Heads, int Tokens) test, float[] probabilities, float[]? before, float[] actual) =>
        Worst(AttentionRolloutReference.Run(probabilities, before, test.Rows, test.Heads, test.Tokens), actual, _ => (4 + (Math.Sqrt(test.Tokens + test.Heads) / 4)) * Ulp);

    internal static (double Error, string Where) Worst(IReadOnlyList<double> expected, float[] actual, Func<int, double> bound, string what = "element")
    {
        var worst = (Error: 0.0, Where: "");
        for (var i = 0; i < expected.Count; i++)
        {
            var difference = double.IsNaN(expected[i]) && float.IsNaN(actual[i]) ? 0 : Math.Abs(expected[i] - actual[i]);
            var error = difference == 0 ? 0 : difference / bound(i);
            if (!(error <= worst.Error))
                worst = (double.IsNaN(error) ? double.PositiveInfinity : error, $"{what} {i} is {actual[i]:g9}, not {expected[i]:g9} ± {bound(i):g3}");
        }
        return worst;
    }
}

/// <summary>An attention's inputs, what its forward run left behind, and room for its gradients.</summary>
public sealed class AttentionBackwardData : IDisposable
{
    private const double Ulp = 1.0 / (1 << 23);

    private readonly AttentionCase test;
    private readonly AttentionData data;
    private readonly float[] outputGradient;
    private readonly DeviceBuffer<float> gradient, query, key, value, probabilities;

    /// <summary>Makes the inputs, and runs the attention forwards.</summary>
    public AttentionBackwardData(Device device, AttentionCase test, Action<AttentionArgs> forward)
    {
        this.test = test;
        data = new AttentionData(device, test);
        forward(data.Args);
        outputGradient = BackwardCases.Gradient((int)data.Output.Length);
        gradient = device.Upload<float>(outputGradient);
        (query, key, value) = (device.Allocate<float>(data.Query.Length), device.Allocate<float>(data.Key.Length), device.Allocate<float>(data.Value.Length));
        probabilities = device.Allocate<float>(data.Probabilities!.Length);
        Args = new AttentionBackwardArgs
        {
            Forward = data.Args,
            OutputGradient = gradient.View,
            // Queries, keys and values in one buffer have their gradients in one, too.
            QueryGradient = query.View,
            KeyGradient = test.Packed ? query.View : key.View,
            ValueGradient = test.Packed ? query.View : value.View,
            ProbabilityGradient = probabilities.View,
        };
    }

    /// <summary>What the door takes.</summary>
    public AttentionBackwardArgs Args { get; }

    /// <summary>All gradients, one behind the other.</summary>
    public float[] Read() => [.. query.ToArray(), .. key.ToArray(), .. value.ToArray(), .. probabilities.ToArray()];

    /// <summary>The largest error of any gradient relative to what is allowed; and where it is.</summary>
    public (double Error, string Where) Compare()
    {
        var expected = AttentionBackwardReference.Run(new(data.Args, data.Query, data.Key, data.Value, data.KeyRow, data.Start, data.Mask), outputGradient);
        // Of scores' errors each weight has √HeadDim · spread² / 2 ulp (see AttentionData); a gradient is a sum of such weights times values.
        var weight = (4 + (Math.Sqrt(test.HeadDim) * test.Spread * test.Spread) + (Math.Sqrt(test.KeyTokens) / 4)) * Ulp;
        var shown = Math.Sqrt(test.HeadDim) * 2 * 3 * test.ValueSpread;
        (double, string)[] errors = test.Packed
            ? [Of(expected.Query.Zip(expected.Key, (a, b) => a + b).Zip(expected.Value, (a, b) => a + b), query, "query, key, value", weight * (2 + shown) * 3)]
            : [Of(expected.Query, query, "query", weight * shown * 3 * test.Spread), Of(expected.Key, key, "key", weight * shown * 3 * test.Spread * Shared), Of(expected.Value, value, "value", weight * 2 * Shared)];
        return errors.Append(Of(expected.Probabilities, probabilities, "weight", 4 * Ulp * shown)).MaxBy(error => error.Item1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var one in (IDisposable[])[data, gradient, query, key, value, probabilities])
            one.Dispose();
    }

    // Queries whose gradients a key adds up.
    private double Shared => Math.Sqrt(test.QueryTokens * (test.KeyRows == KeyRows.Shared ? 3 : 1)) + 1;

    private static (double Error, string Where) Of(IEnumerable<double> expected, DeviceBuffer<float> actual, string what, double bound) =>
        BackwardCases.Worst([.. expected], actual.ToArray(), _ => bound, $"the gradient of {what}");
}
