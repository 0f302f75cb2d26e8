using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

internal sealed class LayerNormOperator(NormalizationCase test, NormalizationInputs? given = null)
    : OperatorCase("layernorm", NameOf(test), test.Format)
{
    private const double Ulp = 1.0 / (1 << 23);

    public static IEnumerable<OperatorCase> Small => NormalizationCases.Small.Select(test => new LayerNormOperator(test));

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. NormalizationCases.Real.Select(test => new LayerNormOperator(test) { Size = CaseSize.Real }),
        .. Small,
        .. NormalizationCases.Rounded.Select(test => new LayerNormOperator(test)),
    ];

    /// <summary>Mean; differences, squares and their sums; subtraction, scale and shift.</summary>
    public override double Operations => 9.0 * test.Rows * test.Width;

    /// <summary>
    /// Rows, scale and shift. None for a residual, whose gradient is the sum's, or for constant rows: the formula divides by √eps.
    /// </summary>
    public override IEnumerable<GradientCase> Gradients =>
        test is { Residual: false, Format: DType.Float32 } && test.Values != RowValues.Constant
            ? [new LayerNormBackwardOperator(test) { Size = Size }, new LayerNormParameterBackwardOperator(test) { Size = Size }]
            : [];

    /// <summary>Compares with the formula in double.</summary>
    public static Agreement Compare(NormalizationCase test, NormalizationInputs inputs, float[] actual, DType stored = DType.Float32)
    {
        var (x, residual, gamma, beta) = inputs;
        var expected = LayerNormReference.Run(x, residual, gamma, beta, test.Rows, test.Width, test.Eps);
        return Agreement.Within(expected, actual, Bound);

        // The normalised value (at most √width) carries 4 ulp: the mean's correction, variance and root. Scale and shift add one each. A
        // constant row's differences are rounding errors, divided by √eps.
        double Bound(int i)
        {
            var normalised = Math.Abs(expected[i] - beta[i % test.Width]);
            var spread = test.Values == RowValues.Constant ? Math.Abs(x[i]) * Ulp * Ulp / Math.Sqrt(test.Eps) : 0;
            return (((4 * normalised) + Math.Abs(expected[i]) + Math.Abs(gamma[i % test.Width])) * Ulp) + spread
                + HalfValues.Rounding(expected[i], stored);
        }
    }

    private static string NameOf(NormalizationCase test) =>
        $"{test.Rows} x {test.Width}{(test.Residual ? " with residual" : "")}{test.ValuesName}"
        + $", eps {test.Eps:g}{(test.Shifted ? ", shifted" : "")}";

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var device = buffers.Device;
        var inputs = given ?? test.Make();
        var shift = test.Shifted ? 1 : 0;
        var format = LayerNorm.CanStore(KernelTarget.Of(device), test.Width, test.Format) ? test.Format : DType.Float32;
        var x = buffers.Upload<float>([.. new float[shift], .. inputs.X]);
        var residual = buffers.Upload(inputs.Residual ?? []);
        var gamma = buffers.Upload(inputs.Gamma);
        var beta = buffers.Upload(inputs.Beta);
        var y = buffers.Allocate<float>(format.Floats(inputs.X.Length));
        return new PreparedOperator(buffers)
        {
            Run = form => LayerNorm.Run(
                device, x.View.SubView(shift), residual.View, gamma.View, beta.View, y.View, test.Rows, test.Width, test.Eps, format),
            Output = () => HalfValues.Unpack(y.ToArray(), format),
            Compare = () => Compare(test, inputs, HalfValues.Unpack(y.ToArray(), format), format),
            Bytes = test.Bytes,
        };
    }
}
