using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>Bytes to normalised planes of floats.</summary>
internal sealed class PixelNormalizationOperator(int width, int height) : OperatorCase("pixelnormalization", $"{width} x {height}")
{
    // Three roundings: a product and a difference, at most 2 and divided by 0.26, and a quotient.
    private const double Bound = 1e-6;

    private static readonly float[] Mean = [0.48145466f, 0.4578275f, 0.40821073f], Std = [0.26862954f, 0.26130258f, 0.27577711f];

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. ResamplingCases.Photographs.Select(test => (test.TargetWidth, test.TargetHeight)).Distinct()
            .Select(size => new PixelNormalizationOperator(size.TargetWidth, size.TargetHeight) { Size = CaseSize.Real }),
        new PixelNormalizationOperator(37, 29),
    ];

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var bytes = new ResamplingCase(width, height, 1, 1).Pixels();
        var pixels = buffers.Upload(bytes);
        var table = buffers.Upload(PixelNormalization.Table(1.0 / 255, Mean, Std));
        var output = buffers.Allocate<float>(bytes.Length);
        return new PreparedOperator(buffers)
        {
            // All devices share one kernel.
            Run = _ => PixelNormalization.Run(buffers.Device, pixels.View, table.View, output.View, width, height),
            Output = () => output.ToArray(),
            Compare = () => Agreement.Within(PixelNormalizationReference.Run(bytes, 1.0 / 255, Mean, Std), output.ToArray(), _ => Bound),
            Bytes = (sizeof(byte) + sizeof(float)) * (double)bytes.Length,
        };
    }
}
