using Blip.Bench.Measuring;
using Blip.Kernels;
using Blip.Verification.Cases;

namespace Blip.Bench.Operators;

/// <summary>What looks at the tokens so far: rules, and a step of beam search.</summary>
internal static class StepBench
{
    public static IEnumerable<KernelCase> Rules(bool odd) => RuleCases.Real.Concat(odd ? RuleCases.Small : []).Select(test => new KernelCase(test.ToString(), target =>
    {
        var data = new RuleData(target.Device, test);
        return new PreparedCase
        {
            Run = KernelCase.Finished(target.Device, () => TokenRules.Run(target.Device, data.Args)),
            Verify = () => data.Compare().Error,
            Bytes = data.Bytes,
            Owned = [data],
        };
    }));

    public static IEnumerable<KernelCase> Beams(bool odd) => BeamStepCases.Real.Concat(odd ? BeamStepCases.Small : []).Select(test => new KernelCase(test.ToString(), target =>
    {
        var data = new BeamStepData(target.Device, test);
        return new PreparedCase
        {
            Run = KernelCase.Finished(target.Device, () =>
            {
                data.Rewind();
                BeamStep.Run(target.Device, data.Args);
            }),
            Verify = () => PreparedCase.Exact(data.Compare().Length == 0),
            Bytes = data.Bytes,
            Owned = [data],
        };
    }));
}
