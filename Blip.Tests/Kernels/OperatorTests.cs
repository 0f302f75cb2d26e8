using Blip.Verification;
using Blip.Verification.Operators;

namespace Blip.Tests.Kernels;

/// <summary>Every operator of the catalogue against its reference in double, on every variant.</summary>
public class OperatorTests
{
    public static TheoryData<string, string> Runs =>
        [.. OperatorCatalog.Names.SelectMany(_ => Variants.Ids.Select(row => row.Data), (name, variant) => (name, variant))];

    [Theory, MemberData(nameof(Runs))]
    public void Agrees_with_the_reference(string name, string variant)
    {
        var cases = OperatorCatalog.Cases(name).Where(one => one.TestedOn.HasFlag(Variants.TestedOn(variant))).ToList();
        Assert.NotEmpty(cases);
        using var device = Variants.Open(variant);
        foreach (var one in cases)
        {
            using var prepared = one.Prepare(device);
            prepared.Run(KernelForm.Chosen);
            var agreement = prepared.Compare();
            Assert.True(agreement.IsRight, $"{one} on {variant}: {agreement.Error:g3} times the bound; {agreement.Where}");
        }
    }

    [Fact]
    public void Every_gradient_is_in_the_catalogue()
    {
        var gradients = OperatorCatalog.Names.SelectMany(OperatorCatalog.Cases)
            .Select(one => one.Gradient).OfType<GradientCase>().Select(one => one.Operator).Distinct();
        var listed = OperatorCatalog.Names.Where(name => OperatorCatalog.Cases(name).All(one => one is GradientCase));

        Assert.Equal(gradients.Order(), listed.Order());
    }
}
