using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>The gradients of patches, class token and positions. The latter two add to old values.</summary>
internal sealed class AssembleTokensBackwardOperator(PatchCase test)
    : GradientCase("assembletokensbackward", $"{test.Batch} x {test.Patches + 1} tokens of {test.Hidden}")
{
    private const double Ulp = 1.0 / (1 << 23);

    private readonly int length = test.Batch * (test.Patches + 1) * test.Hidden;

    public static IEnumerable<OperatorCase> Cases => Of<AssembleTokensBackwardOperator>(AssembleTokensOperator.Cases);

    /// <inheritdoc/>
    public override double Operations => length;

    /// <inheritdoc/>
    public override IEnumerable<Slope> Slopes
    {
        get
        {
            if (length > 10_000)
                yield break;
            var patches = PatchEmbeddingCases.Values(test.Batch * test.Patches * test.Hidden);
            var first = PatchEmbeddingCases.Values(test.Hidden);
            var positions = PatchEmbeddingCases.Values((test.Patches + 1) * test.Hidden);
            var dy = BackwardCases.Gradient(length);
            var gradient = AssembleTokensBackwardReference.Run(dy, test.Batch, test.Patches, test.Hidden);
            yield return new Slope("patches", patches, gradient.Patches, values => Along(values, first, positions));
            yield return new Slope("class token", first, gradient.Class, values => Along(patches, values, positions));
            yield return new Slope("positions", positions, gradient.Positions, values => Along(patches, first, values));

            double Along(float[] patches, float[] first, float[] positions) =>
                Slope.Along(AssembleTokensReference.Run(patches, first, positions, test.Batch, test.Patches, test.Hidden), dy);
        }
    }

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var dy = BackwardCases.Gradient(length);
        var classBefore = BackwardCases.Gradient(test.Hidden, 8);
        var positionsBefore = BackwardCases.Gradient((test.Patches + 1) * test.Hidden, 9);
        var (gradient, first, positions) = (buffers.Upload(dy), buffers.Upload(classBefore), buffers.Upload(positionsBefore));
        var patches = buffers.Allocate<float>(test.Batch * test.Patches * test.Hidden);
        return new PreparedOperator(buffers)
        {
            Run = form => AssembleTokensBackward.Run(
                buffers.Device, gradient.View, patches.View, first.View, positions.View, test.Batch, test.Patches, test.Hidden),
            Output = () => [.. patches.ToArray(), .. first.ToArray(), .. positions.ToArray()],
            Compare = () =>
            {
                var expected = AssembleTokensBackwardReference.Run(dy, test.Batch, test.Patches, test.Hidden);
                // Each addition rounds a sum of at most 2.
                var bound = (test.Batch + 1.0) * test.Batch * Ulp;
                return Agreement.Exact([.. expected.Patches.Select(value => (float)value)], patches.ToArray(), "patch element")
                    .Or(Agreement.Within(
                        [.. expected.Class.Select((value, i) => value + classBefore[i])], first.ToArray(), _ => bound, "class element"))
                    .Or(Agreement.Within(
                        [.. expected.Positions.Select((value, i) => value + positionsBefore[i])], positions.ToArray(), _ => bound,
                        "position"));
            },
            Bytes = 2.0 * sizeof(float) * length,
        };
    }
}
