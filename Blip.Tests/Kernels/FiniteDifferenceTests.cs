using Blip.Verification;
using Blip.Verification.Operators;

namespace Blip.Tests.Kernels;

/// <summary>The formulas of the gradients in double, against central differences of the forward formulas in double.</summary>
public class FiniteDifferenceTests
{
    public static TheoryData<string> Gradients =>
        [.. OperatorCatalog.Names.Where(name => OperatorCatalog.Cases(name).All(one => one is GradientCase))];

    [Theory, MemberData(nameof(Gradients))]
    public void A_gradient_is_the_slope_of_its_operator(string name)
    {
        var slopes =
            from one in OperatorCatalog.Cases(name).OfType<GradientCase>()
            from slope in one.Slopes
            select (one, slope);

        var seen = 0;
        foreach (var (one, slope) in slopes)
        {
            var agreement = slope.Compare();
            Assert.True(agreement.IsRight, $"{one}: {agreement.Where}");
            seen++;
        }
        Assert.NotEqual(0, seen);
    }
}
