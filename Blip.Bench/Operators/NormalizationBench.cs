using Blip.Bench.Measuring;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;

namespace Blip.Bench.Operators;

/// <summary>Layer normalisation, and rows of length one.</summary>
internal static class NormalizationBench
{
    private const float L2Eps = 1e-12f;

    // Mean; differences, squares and their sums; subtraction, scale and shift.
    private const double LayerNormFlops = 9;

    // A square, its sum, a division.
    private const double L2Flops = 3;

    public static IEnumerable<KernelCase> LayerNorms(bool odd) => Tests(odd).Concat(odd ? NormalizationCases.Rounded : []).Select(test => new KernelCase(
        $"{test.Rows} x {test.Width}{(test.Residual ? " with residual" : "")}{Values(test)}, eps {test.Eps:g}{(test.Shifted ? ", shifted" : "")}",
        target =>
        {
            var device = target.Device;
            var (x, residual, gamma, beta) = test.Make();
            var shift = test.Shifted ? 1 : 0;
            var format = LayerNorm.Stores(KernelTarget.Of(device), test.Width, test.Format) ? test.Format : WeightFormat.Float32;
            var xs = device.Upload<float>([.. new float[shift], .. x]);
            var residuals = device.Upload<float>(residual ?? []);
            var gammas = device.Upload<float>(gamma);
            var betas = device.Upload<float>(beta);
            var y = device.Allocate<float>(format.Floats(x.Length));
            return new PreparedCase
            {
                Run = KernelCase.Finished(
                    device, () => LayerNorm.Run(device, xs.View.SubView(shift), residuals.View, gammas.View, betas.View, y.View, test.Rows, test.Width, test.Eps, format)),
                Verify = () => test.LayerNormError(x, residual, gamma, beta, HalfValues.Unpack(y.ToArray(), format), format).Error,
                Flops = LayerNormFlops * x.Length,
                Bytes = test.Bytes,
                Owned = [xs, residuals, gammas, betas, y],
            };
        })
    {
        Precision = GemmBench.Precision(test.Format),
    });

    public static IEnumerable<KernelCase> L2Normalizations(bool odd) => Tests(odd).Concat(odd ? NormalizationCases.Beyond : []).Where(test => !test.Residual).Select(test => new KernelCase(
        $"{test.Rows} x {test.Width}{Values(test)}",
        target =>
        {
            var device = target.Device;
            var x = test.Make().X;
            var xs = device.Upload<float>(x);
            var y = device.Allocate<float>(x.Length);
            return new PreparedCase
            {
                Run = KernelCase.Finished(device, () => L2Normalize.Run(device, xs.View, y.View, test.Rows, test.Width, L2Eps)),
                Verify = () => test.L2NormalizeError(x, L2Eps, y.ToArray()).Error,
                Flops = L2Flops * x.Length,
                Bytes = test.Bytes,
                Owned = [xs, y],
            };
        }));

    private static IEnumerable<NormalizationCase> Tests(bool odd) => NormalizationCases.Real.Concat(odd ? NormalizationCases.Small : []);

    private static string Values(NormalizationCase test) => test.Values == RowValues.Usual ? "" : $" {test.Values}";
}
