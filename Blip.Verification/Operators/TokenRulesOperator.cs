using Blip.Kernels;
using Blip.Verification.Cases;

namespace Blip.Verification.Operators;

/// <summary><see cref="RuleData.Compare"/> derives the bound.</summary>
internal sealed class TokenRulesOperator(RuleCase test) : OperatorCase("tokenrules", test.ToString())
{
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. RuleCases.Real.Select(test => new TokenRulesOperator(test) { Size = CaseSize.Real }),
        .. RuleCases.Small.Select(test => new TokenRulesOperator(test)),
    ];

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var data = buffers.Own(new RuleData(buffers.Device, test));
        return new PreparedOperator(buffers)
        {
            Run = form => TokenRules.Run(buffers.Device, data.Args),
            Compare = data.Compare,
            Bytes = data.Bytes,
        };
    }
}
