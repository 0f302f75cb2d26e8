using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>The temperature's gradient adds to the old value.</summary>
internal sealed class SoftTargetContrastOperator(ContrastCase test)
    : GradientCase(
        "softtargetcontrast",
        $"{test.Rows} x {test.Dim}, queue of {test.Queue}{(test.Unused > 0 ? $" + {test.Unused}" : "")}, "
        + $"temperature {test.Temperature:g}, alpha {test.Alpha:g}{(test.Shared ? ", shared keys" : "")}")
{
    private const double Ulp = 1.0 / (1 << 23);

    private readonly float weight = 0.5f / test.Rows;

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. LossCases.RealContrasts.Select(test => new SoftTargetContrastOperator(test) { Size = CaseSize.Real }),
        .. LossCases.Contrasts.Select(test => new SoftTargetContrastOperator(test)),
    ];

    /// <inheritdoc/>
    public override IEnumerable<GradientCase> Gradients => [this];

    /// <inheritdoc/>
    public override TestedOn TestedOn => test.Queue < 10_000 ? TestedOn.Every : TestedOn.Cpu | TestedOn.Cuda;

    /// <summary>Three products.</summary>
    public override double Operations => 6.0 * test.Rows * test.Dim * (test.Rows + test.Queue);

    /// <inheritdoc/>
    public override IEnumerable<Slope> Slopes
    {
        get
        {
            if (test.Temperature < 1)
                yield break;
            var (features, momentum, others, keys) = test.Make();
            var (_, gradient, temperature) = Run(features, test.Temperature);
            yield return new Slope("features", features, gradient, values => Run(values, test.Temperature).Losses.Sum());
            yield return new Slope("temperature", [test.Temperature], [temperature], values => Soft(values[0]));

            (double[] Losses, double[] Gradient, double Temperature) Run(float[] values, double divisor) =>
                SoftTargetContrastReference.Run(values, momentum, others, keys, divisor, test.Alpha, weight, test.Dim);

            // Targets have no gradient: scaled momentum features keep them constant.
            double Soft(float divisor)
            {
                float[] kept = [.. momentum.Select(value => value * divisor / test.Temperature)];
                return SoftTargetContrastReference.Run(features, kept, others, keys, divisor, test.Alpha, weight, test.Dim).Losses.Sum();
            }
        }
    }

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        const float Before = 0.125f;
        var inputs = test.Make();
        var batch = test.Rows * test.Dim;
        float[] unused = [.. Enumerable.Repeat(float.NaN, test.Unused * test.Dim)];
        var losses = buffers.Allocate<float>(test.Rows);
        var gradient = buffers.Allocate<float>(batch);
        var temperatureGradient = buffers.Upload(Before);
        var args = new SoftTargetContrastArgs
        {
            Features = buffers.Upload(inputs.Features).View,
            MomentumFeatures = buffers.Upload(inputs.Momentum).View,
            OtherBatch = buffers.Upload(inputs.Others[..batch]).View,
            OtherQueue = buffers.Upload<float>([.. inputs.Others[batch..], .. unused]).View,
            Keys = buffers.Upload(inputs.Keys[..test.Rows]).View,
            QueueKeys = buffers.Upload<int>([.. inputs.Keys[test.Rows..], .. new int[test.Unused]]).View,
            QueueLength = test.Queue,
            Temperature = buffers.Upload(test.Temperature).View,
            Alpha = test.Alpha,
            RowWeight = weight,
            Losses = losses.View,
            FeatureGradient = gradient.View,
            TemperatureGradient = temperatureGradient.View,
            Rows = test.Rows,
            Dim = test.Dim,
        };
        return new PreparedOperator(buffers)
        {
            Run = form => SoftTargetContrast.Run(buffers.Device, args),
            Output = () => [.. losses.ToArray(), .. gradient.ToArray(), .. temperatureGradient.ToArray()],
            Compare = Compare,
            Bytes = sizeof(float) * (double)inputs.Others.Length,
        };

        Agreement Compare()
        {
            var expected = SoftTargetContrastReference.Run(
                inputs.Features, inputs.Momentum, inputs.Others, inputs.Keys, test.Temperature, test.Alpha, weight, test.Dim);
            // Similarities sum products of unit vectors. Sums over columns are by blocks.
            var similarity = (8 + (Math.Sqrt(test.Dim) / 2)) / test.Temperature;
            var bound = weight * Ulp * ((2 * similarity) + 16 + (Math.Sqrt(test.Rows + test.Queue) / 4));
            return Agreement.Within(expected.Losses, losses.ToArray(), _ => bound, "loss")
                .Or(Agreement.Within(expected.Gradient, gradient.ToArray(), _ => 2 * bound / test.Temperature, "the gradient of feature"))
                .Or(Agreement.Within(
                    [expected.Temperature + Before], temperatureGradient.ToArray(),
                    _ => (test.Rows * 4 * bound / test.Temperature / test.Temperature) + Ulp, "the gradient of the temperature"));
        }
    }
}
