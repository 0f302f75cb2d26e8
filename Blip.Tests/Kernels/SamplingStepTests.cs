using Blip.Kernels;
using Blip.Verification.Cases;

namespace Blip.Tests.Kernels;

/// <summary>What looks at the tokens so far: rules, and a step of beam search.</summary>
public class SamplingStepTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Rules_change_scores_as_they_do_in_double(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in RuleCases.Small.Concat(RuleCases.Real))
        {
            using var data = new RuleData(device, test);
            TokenRules.Run(device, data.Args, Variants.Portable(id));
            var (error, where) = data.Compare();
            Assert.True(error <= 1, $"{id}: {where}");
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_step_of_beam_search_leaves_the_beams_of_the_reference(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in BeamStepCases.Small.Concat(BeamStepCases.Real))
        {
            using var data = new BeamStepData(device, test);
            data.Rewind();
            BeamStep.Run(device, data.Args, Variants.Portable(id));
            Assert.Equal("", data.Compare());
        }
    }
}
