using Blip.Verification;
using Blip.Verification.Operators;

namespace Blip.Tests.Kernels;

/// <summary>
/// Every operator of the catalogue against its reference in double. Each variant is a separate class, so that they run side by side.
/// </summary>
public abstract class OperatorTests
{
    private const int PortableCases = 30;

    /// <summary>The operators, or one row that tells why the variant is not tested here.</summary>
    public static TheoryData<string> On(string variant)
    {
        if (Variants.IsWanted(variant))
            return [.. OperatorCatalog.Names];
        return [new TheoryDataRow<string>(
            "every operator") { Skip = $"no {variant} device is to be tested here (BLIP_TEST_DEVICES names others)" }];
    }

    protected static void Agrees(string name, string variant)
    {
        var cases = OperatorCatalog.Cases(name).Where(one => one.TestedOn.HasFlag(Variants.TestedOn(variant))).ToList();
        if (!FullRun.IsAskedFor)
            cases = Some(cases, variant);
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

    // The reference in double takes most of the time of a model's sizes. ILGPU's simulator of groups is slow: it has some, evenly.
    private static List<OperatorCase> Some(List<OperatorCase> cases, string variant)
    {
        if (variant != "portable")
            return [.. cases.Where(one => one.Size != CaseSize.Real)];
        return [.. cases.Where(one => one.Size == CaseSize.Small).ToList().Evenly(PortableCases)];
    }
}

public class CpuOperatorTests : OperatorTests
{
    [Theory, MemberData(nameof(On), "cpu")]
    public void Agrees_with_the_reference(string name) => Agrees(name, "cpu");
}

public class Avx2OperatorTests : OperatorTests
{
    [Theory, MemberData(nameof(On), "avx2")]
    public void Agrees_with_the_reference(string name) => Agrees(name, "avx2");
}

public class Vector128OperatorTests : OperatorTests
{
    [Theory, MemberData(nameof(On), "vector128")]
    public void Agrees_with_the_reference(string name) => Agrees(name, "vector128");
}

public class PortableOperatorTests : OperatorTests
{
    [Theory, MemberData(nameof(On), "portable")]
    public void Agrees_with_the_reference(string name) => Agrees(name, "portable");
}

public class OpenClOperatorTests : OperatorTests
{
    [Theory, MemberData(nameof(On), "opencl")]
    public void Agrees_with_the_reference(string name) => Agrees(name, "opencl");
}

public class OpenClGroupsOperatorTests : OperatorTests
{
    [Theory, MemberData(nameof(On), "opencl-64")]
    public void Agrees_with_the_reference(string name) => Agrees(name, "opencl-64");
}

public class CudaOperatorTests : OperatorTests
{
    [Theory, MemberData(nameof(On), "cuda")]
    public void Agrees_with_the_reference(string name) => Agrees(name, "cuda");
}

public class OperatorCatalogTests
{
    /// <summary>A variant without a class would not be tested.</summary>
    [Fact]
    public void Every_variant_has_a_class() =>
        Assert.Equal(Variants.All.Count, typeof(OperatorTests).Assembly.GetTypes().Count(type => type.BaseType == typeof(OperatorTests)));

    /// <summary>An operator without a model's sizes would be in no benchmark.</summary>
    [Fact]
    public void Every_operator_is_timed() =>
        Assert.DoesNotContain(OperatorCatalog.Names, name => OperatorCatalog.Cases(name).All(one => one.Size != CaseSize.Real));

    [Fact]
    public void Every_gradient_is_in_the_catalogue()
    {
        var gradients = OperatorCatalog.Names.SelectMany(OperatorCatalog.Cases)
            .SelectMany(one => one.Gradients).Select(one => one.Operator).Distinct();
        var listed = OperatorCatalog.Names.Where(name => OperatorCatalog.Cases(name).All(one => one is GradientCase));

        Assert.Equal(gradients.Order(), listed.Order());
    }
}
