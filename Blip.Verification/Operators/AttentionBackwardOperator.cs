using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>The gradients of an attention. Their bounds are derived at <see cref="AttentionBackwardData.Compare"/>.</summary>
internal sealed class AttentionBackwardOperator(AttentionCase test) : GradientCase("attentionbackward", AttentionOperator.NameOf(test))
{
    /// <summary>The sizes of the text tower over 35 words, and the gradients of the small attentions.</summary>
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. BackwardCases.RealAttentions.Select(test => new AttentionBackwardOperator(test) { Size = CaseSize.Real }),
        .. Of(AttentionOperator.Small),
    ];

    /// <inheritdoc/>
    public override TestedOn TestedOn => Size == CaseSize.Real ? TestedOn.Processors : TestedOn.Every;

    /// <summary>Scores, weights and values of the forward run, each twice.</summary>
    public override double Operations => 2 * test.Flops;

    /// <inheritdoc/>
    public override IEnumerable<Slope> Slopes
    {
        get
        {
            if (test.Rows * test.Heads * test.QueryTokens * test.KeyTokens >= 5000 || test.ValueSpread >= 10)
                yield break;
            using var device = Device.Open("cpu");
            using var data = new AttentionData(device, test);
            var dy = BackwardCases.Gradient((int)data.Output.Length);
            var inputs = data.Inputs;
            var gradients = AttentionBackwardReference.Run(inputs, dy);
            if (test.Packed)
            {
                yield return new Slope(
                    "queries, keys and values", data.Query, gradients.Packed,
                    values => Loss(inputs with { Query = values, Key = values, Value = values }));
                yield break;
            }
            yield return new Slope("queries", data.Query, gradients.Query, values => Loss(inputs with { Query = values }));
            yield return new Slope("keys", data.Key, gradients.Key, values => Loss(inputs with { Key = values }));
            yield return new Slope("values", data.Value, gradients.Value, values => Loss(inputs with { Value = values }));

            double Loss(AttentionReference.Inputs changed) => Slope.Along(AttentionReference.Run(changed).Output, dy);
        }
    }

    // The forward run leaves the weights; it takes the form of the first gradient's run.
    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var data = buffers.Own(new AttentionBackwardData(buffers.Device, test));
        var isForwardDone = false;
        return new PreparedOperator(buffers)
        {
            Run = form =>
            {
                if (!isForwardDone)
                    Attention.Run(buffers.Device, data.Args.Forward);
                isForwardDone = true;
                AttentionBackward.Run(buffers.Device, data.Args);
            },
            Output = data.Read,
            Compare = data.Compare,
        };
    }
}
