using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

internal sealed class CrossEntropyOperator(CrossEntropyCase test)
    : GradientCase(
        "crossentropy",
        $"{test.Rows} x {test.Classes}, smoothing {test.Smoothing:g}, spread {test.Spread:g}"
        + $"{(test.InPlace ? ", in place" : "")}{(test.Ignored ? ", some ignored" : "")}")
{
    private const double Ulp = 1.0 / (1 << 23);

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. LossCases.RealCrossEntropies.Select(test => new CrossEntropyOperator(test) { Size = CaseSize.Real }),
        .. LossCases.CrossEntropies.Select(test => new CrossEntropyOperator(test)),
    ];

    /// <inheritdoc/>
    public override IEnumerable<GradientCase> Gradients => [this];

    /// <inheritdoc/>
    public override TestedOn TestedOn => test.Rows * test.Classes < 2_000_000 ? TestedOn.Every : TestedOn.Processors | TestedOn.Cuda;

    /// <summary>A difference, an exponential (about ten operations), two sums, a product and a difference.</summary>
    public override double Operations => 16.0 * test.Rows * test.Classes;

    /// <inheritdoc/>
    public override IEnumerable<Slope> Slopes
    {
        get
        {
            if (test.Ignored || test.Spread > 10 || test.Rows * test.Classes > 2000)
                yield break;
            var (logits, labels, weights) = test.Make();
            var gradient = CrossEntropyReference.Run(logits, labels, weights, test.Smoothing).Gradient;
            yield return new Slope("logits", logits, gradient, values =>
                CrossEntropyReference.Run(values, labels, weights, test.Smoothing).Losses.Sum());
        }
    }

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var (logits, labels, weights) = test.Make();
        var (x, label, weight) = (buffers.Upload(logits), buffers.Upload(labels), buffers.Upload(weights));
        var losses = buffers.Allocate<float>(test.Rows);
        var gradient = test.InPlace ? x : buffers.Allocate<float>(logits.Length);
        var args = new CrossEntropyArgs
        {
            Logits = x.View,
            Labels = label.View,
            RowWeights = weight.View,
            Losses = losses.View,
            Gradient = gradient.View,
            Rows = test.Rows,
            Classes = test.Classes,
            LabelSmoothing = test.Smoothing,
        };
        return new PreparedOperator(buffers)
        {
            Run = form => CrossEntropy.Run(buffers.Device, args),
            Output = () => [.. losses.ToArray(), .. gradient.ToArray()],
            Compare = () => Compare(logits, labels, weights, losses.ToArray(), gradient.ToArray()),
            Bytes = 2.0 * sizeof(float) * logits.Length,
        };
    }

    private Agreement Compare(float[] logits, int[] labels, float[] weights, float[] losses, float[] gradient)
    {
        var expected = CrossEntropyReference.Run(logits, labels, weights, test.Smoothing);
        // Sums are by blocks. Each term rounds a difference and an exponential.
        var sum = 8 + (Math.Sqrt(test.Classes) / 8);
        var reach = 2.0 * test.Spread;
        return Agreement.Within(expected.Losses, losses, row => weights[row] * (reach + 16 + sum) * Ulp, "loss")
            .Or(Agreement.Within(expected.Gradient, gradient, Bound, "the gradient of logit"));

        // The target, in two parts, is subtracted from a probability. Subnormal exponentials are 0.
        double Bound(int i)
        {
            var (row, c) = (i / test.Classes, i % test.Classes);
            var target = (test.Smoothing / test.Classes) + (c == labels[row] ? 1 - test.Smoothing : 0);
            var probability = Math.Max(0, (expected.Gradient[i] / weights[row]) + target);
            return (weights[row] * ((probability * (reach + sum)) + (2 * target)) * Ulp) + 1e-37;
        }
    }
}
