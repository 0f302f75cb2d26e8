using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>Softmax weights are stored or recomputed. <see cref="AttentionBackwardData.Compare"/> derives the bounds.</summary>
internal sealed class AttentionBackwardOperator(AttentionCase test) : GradientCase("attentionbackward", NameOf(test))
{
    // The portable kernels and the reference take seconds for more.
    private const double MostOnEveryProcessor = 7e7;

    /// <summary>Training sizes and small ones, each with recomputed and stored weights.</summary>
    public static IEnumerable<OperatorCase> Cases =>
        BackwardCases.RealAttentions.Select(test => new AttentionBackwardOperator(test) { Size = CaseSize.Real })
            .Concat(BackwardCases.SmallAttentions.Select(test => new AttentionBackwardOperator(test)))
            .Concat(Of<AttentionBackwardOperator>(AttentionOperator.Small))
            .SelectMany(one => new[] { one, one.WithStoredWeights });

    /// <inheritdoc/>
    public override TestedOn TestedOn =>
        Size != CaseSize.Real ? TestedOn.Every : test.Flops < MostOnEveryProcessor ? TestedOn.Processors : TestedOn.Cpu;

    /// <summary>Five products of half the forward run's size; four with stored weights.</summary>
    public override double Operations => (test.Probabilities ? 2 : 2.5) * test.Flops;

    private AttentionBackwardOperator WithStoredWeights => new(test with { Probabilities = true }) { Size = Size };

    /// <inheritdoc/>
    public override IEnumerable<Slope> Slopes
    {
        get
        {
            // Both forms share one formula.
            if (!test.Probabilities || test.Rows * test.Heads * test.QueryTokens * test.KeyTokens >= 5000 || test.ValueSpread >= 10)
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

    // The forward run leaves the weights, with the first gradient run's kernel form.
    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var data = buffers.Own(new AttentionBackwardData(buffers.Device, test));
        var isForwardDone = false;
        return new PreparedOperator(buffers)
        {
            Run = form =>
            {
                if (test.Probabilities && !isForwardDone)
                    Attention.Run(buffers.Device, data.Args.Forward);
                isForwardDone = true;
                AttentionBackward.Run(buffers.Device, data.Args);
            },
            Output = data.Read,
            Compare = data.Compare,
        };
    }

    private static string NameOf(AttentionCase test) => $"{AttentionOperator.NameOf(test)}{(test.Probabilities ? ", stored weights" : "")}";
}
