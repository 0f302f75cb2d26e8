extern alias bench;

using bench::Blip.Bench.Measuring;
using bench::Blip.Bench.Operators;
using Blip.Emulation.Driver;
using Blip.Emulation.Machine;
using Blip.Kernels.Devices;

namespace Blip.Tests.Emulation;

/// <summary>
/// Every operator's CUDA kernels, run by the interpreter over its small cases and compared with the double-precision reference, with all checks
/// on. The operators and their cases are those of the benchmarks; one that joins there is run here.
/// </summary>
public class EmulatedKernelTests
{
    /// <summary>Operators, and the warp instructions that their cases may take here.</summary>
    public static TheoryData<string> Operators => [.. KernelCatalog.Names];

    [Theory, MemberData(nameof(Operators))]
    public void Every_small_case_agrees_with_the_reference(string name)
    {
        using var target = EmulatedCases.Open();
        var cases = EmulatedCases.Of(name, target);
        Assert.NotEmpty(cases);
        foreach (var test in cases)
            EmulatedCases.Check(test);
    }

    [Theory, InlineData("gemm"), InlineData("attention"), InlineData("layernorm"), InlineData("topcandidates"), InlineData("beamstep")]
    public void The_order_of_warps_groups_and_branches_does_not_matter(string name)
    {
        foreach (var seed in new[] { 1, 2 })
        {
            using var target = EmulatedCases.Open(new EmulationOptions { Seed = seed });
            foreach (var test in EmulatedCases.Of(name, target).Take(4))
                EmulatedCases.Check(test);
        }
    }
}

/// <summary>The reduced list of cases for emulated devices.</summary>
internal static class EmulatedCases
{
    // Some of each operator; the first are the simplest.
    private const int PerOperator = 14;

    /// <summary>Opens the emulated device for the forms of kernels that GPUs take.</summary>
    public static Target Open(EmulationOptions? options = null)
    {
        using var show = EmulatedDevices.Show();
        var before = EmulatedDriver.Options;
        EmulatedDriver.Options = options ?? before;
        try
        {
            var description = Device.List().First(device => device.Kind == DeviceKind.Cuda);
            return Target.Open(description, Target.Variants(description)[0]);
        }
        finally
        {
            EmulatedDriver.Options = before;
        }
    }

    /// <summary>An operator's small cases: evenly over the list, those of the real models aside.</summary>
    public static IReadOnlyList<BenchCase> Of(string name, Target target)
    {
        var real = KernelCatalog.Cases([name], target, "", odd: false, isShort: false).Select(Key).ToHashSet();
        var small = KernelCatalog.Cases([name], target, "", odd: true, isShort: true).Where(test => !real.Contains(Key(test))).ToList();
        return [.. Enumerable.Range(0, Math.Min(PerOperator, small.Count)).Select(i => small[i * small.Count / Math.Min(PerOperator, small.Count)])];
    }

    /// <summary>Runs a case and compares.</summary>
    public static void Check(BenchCase test)
    {
        using var prepared = test.Prepare();
        prepared.Run();
        var error = prepared.Verify?.Invoke() ?? 0;
        Assert.True(error <= 1, $"{test.Work} {test.Precision}: {error:F2} times the bound");
    }

    private static string Key(BenchCase test) => $"{test.Work} {test.Precision}";
}
