using Blip.Verification;
using Blip.Verification.Operators;

namespace Blip.Tests.Kernels;

/// <summary>
/// Every operator of the catalogue against its reference in double. Each variant is a class of its own, so that they run side by side.
/// </summary>
public abstract class OperatorTests
{
    /// <summary>The operators, where the variant is to be tested here.</summary>
    public static TheoryData<string> On(string variant) => [.. Variants.IsWanted(variant) ? OperatorCatalog.Names : []];

    protected static void Agrees(string name, string variant)
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
}

public class CpuOperatorTests : OperatorTests
{
    [Theory(SkipTestWithoutData = true), MemberData(nameof(On), "cpu")]
    public void Agrees_with_the_reference(string name) => Agrees(name, "cpu");
}

public class Avx2OperatorTests : OperatorTests
{
    [Theory(SkipTestWithoutData = true), MemberData(nameof(On), "avx2")]
    public void Agrees_with_the_reference(string name) => Agrees(name, "avx2");
}

public class Vector128OperatorTests : OperatorTests
{
    [Theory(SkipTestWithoutData = true), MemberData(nameof(On), "vector128")]
    public void Agrees_with_the_reference(string name) => Agrees(name, "vector128");
}

public class PortableOperatorTests : OperatorTests
{
    [Theory(SkipTestWithoutData = true), MemberData(nameof(On), "portable")]
    public void Agrees_with_the_reference(string name) => Agrees(name, "portable");
}

public class OpenClOperatorTests : OperatorTests
{
    [Theory(SkipTestWithoutData = true), MemberData(nameof(On), "opencl")]
    public void Agrees_with_the_reference(string name) => Agrees(name, "opencl");
}

public class OpenClGroupsOperatorTests : OperatorTests
{
    [Theory(SkipTestWithoutData = true), MemberData(nameof(On), "opencl-64")]
    public void Agrees_with_the_reference(string name) => Agrees(name, "opencl-64");
}

public class CudaOperatorTests : OperatorTests
{
    [Theory(SkipTestWithoutData = true), MemberData(nameof(On), "cuda")]
    public void Agrees_with_the_reference(string name) => Agrees(name, "cuda");
}

public class OperatorCatalogTests
{
    /// <summary>A variant without a class would not be tested.</summary>
    [Fact]
    public void Every_variant_has_a_class() =>
        Assert.Equal(Variants.All.Count, typeof(OperatorTests).Assembly.GetTypes().Count(type => type.BaseType == typeof(OperatorTests)));

    [Fact]
    public void Every_gradient_is_in_the_catalogue()
    {
        var gradients = OperatorCatalog.Names.SelectMany(OperatorCatalog.Cases)
            .SelectMany(one => one.Gradients).Select(one => one.Operator).Distinct();
        var listed = OperatorCatalog.Names.Where(name => OperatorCatalog.Cases(name).All(one => one is GradientCase));

        Assert.Equal(gradients.Order(), listed.Order());
    }
}
