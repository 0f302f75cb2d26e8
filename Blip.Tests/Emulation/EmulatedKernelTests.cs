using System.Collections.Concurrent;
using Blip.Emulation.Driver;
using Blip.Emulation.Machine;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Tests.Kernels;
using Blip.Verification;
using Blip.Verification.Cases;
using Blip.Verification.Operators;

namespace Blip.Tests.Emulation;

/// <summary>
/// Every operator's CUDA kernels, run by the interpreter over its small cases and compared with the double-precision reference, with all
/// checks on. The operators and their cases are those of the catalogue; one that joins there is run here.
/// </summary>
public class EmulatedKernelTests
{
    // Beginnings of names, and why no test runs these.
    private static readonly Dictionary<string, string> LeftOut = new()
    {
        ["AttentionTiled."] = "drivers of processors alone",
        ["LayerNormPortable."] = "other accelerators than CUDA",
        ["VectorSearchPortable.Direct"] = "drivers of processors alone",
        ["PeakPortable."] = "measures a device's peak and computes nothing",
    };

    private static readonly ConcurrentDictionary<string, Lazy<IReadOnlyList<string>>> Runs = new();

    /// <summary>Tiles that a device may be told to take.</summary>
    public static TheoryData<string> Tiles => ["shared64x64", "6x64", "6x16"];

    /// <summary>Operators, and the warp instructions that their cases may take here.</summary>
    public static TheoryData<string> Operators => [.. OperatorCatalog.Names];

    [Theory, MemberData(nameof(Operators))]
    public void Every_small_case_agrees_with_the_reference(string name) => Assert.NotEmpty(Run(name));

    // The tile for bfloat16 on sm_75, and for BLIP_TILE.
    [Theory, MemberData(nameof(Tiles))]
    public void Tiles_of_other_gpus_agree_with_the_reference(string tile)
    {
        FullRun.Only();
        Assert.NotEmpty(RunTile(tile));
    }

    [Fact]
    public void Every_kernel_is_run()
    {
        FullRun.Only();
        var run = OperatorCatalog.Names.SelectMany(Run).Concat(Tiles.Select(row => row.Data).SelectMany(RunTile))
            .Select(kernel => (kernel, "sm_80"))
            .Concat(GemmCudaTests.Kernels).Concat(AttentionCudaTests.Kernels).ToHashSet();
        var wanted = PtxKernels.All.SelectMany(
            kernel => Architectures(kernel.Key, kernel.Value.Least).Select(architecture => (kernel.Key, architecture))).ToList();
        var missing = wanted.Where(one => !run.Contains(one) && !IsLeftOut(one.Key)).ToList();
        Assert.True(missing.Count == 0, $"no case runs {string.Join(", ", missing)}: add one, or a line to {nameof(LeftOut)}");
        // A kernel that runs is no exception.
        Assert.Equal([], wanted.Where(one => run.Contains(one) && IsLeftOut(one.Key)));
        Assert.All(LeftOut.Keys, start => Assert.Contains(wanted, one => one.Key.StartsWith(start, StringComparison.Ordinal)));
    }

    // Tensor cores and asynchronous copies are other instructions on sm_75; nothing else differs.
    private static IEnumerable<string> Architectures(string kernel, int least)
    {
        yield return $"sm_{Math.Max(least, 80)}";
        if (least == 75 && kernel.Contains("TensorCore", StringComparison.Ordinal))
            yield return "sm_75";
    }

    private static bool IsLeftOut(string kernel) => LeftOut.Keys.Any(start => kernel.StartsWith(start, StringComparison.Ordinal));

    // Once for the operator's test and for the one that looks for kernels without a run.
    private static IReadOnlyList<string> Run(string name) => Runs.GetOrAdd(name, _ => new(() =>
    {
        using var device = EmulatedCases.Open();
        foreach (var test in EmulatedCases.Of(name))
            EmulatedCases.Check(test, device);
        return Names(device);
    })).Value;

    private static IReadOnlyList<string> RunTile(string tile) => Runs.GetOrAdd($"tile {tile}", _ => new(() =>
    {
        using var device = EmulatedDevices.Open(options: new DeviceOptions { Tile = tile });
        foreach (var gemm in GemmCases.All.Where(
            gemm => gemm is { Rows: 1 or 5 or 13, InFeatures: 97 or 129 or 131, Spread: Spread.Trained }))
            EmulatedCases.Check(new GemmOperator(gemm), device);
        return Names(device);
    })).Value;

    private static List<string> Names(Device device) => [.. device.LoadedKernels.Select(PtxKernels.NameOf)];

    [Theory, InlineData("gemm"), InlineData("attention"), InlineData("layernorm"), InlineData("topcandidates"), InlineData("beamstep")]
    public void The_order_of_warps_groups_and_branches_does_not_matter(string name)
    {
        foreach (var seed in new[] { 1, 2 })
        {
            using var device = EmulatedCases.Open(new EmulationOptions { Seed = seed });
            foreach (var test in EmulatedCases.Of(name).Take(4))
                EmulatedCases.Check(test, device);
        }
    }
}

/// <summary>The reduced list of cases for emulated devices.</summary>
internal static class EmulatedCases
{
    // Some of each operator, evenly over its list.
    private const int PerOperator = 14, PerOperatorInBrief = 5;

    // And, in CI, cases that reach further kernels, or the ends of their loops and tiles: parts of their names.
    private static readonly Dictionary<string, string[]> Also = new()
    {
        ["gemm"] = ["three beams", "two tiles of rows", "far from zero", "few rows", "sixteen slices", "tiles", "values of 16 bits",
            "ends of activations"],
        ["attention"] = ["step, ", "head size 33", "head size 16,", "queries to the end of a tile", "values of 16 bits, ",
            "one key takes all", "dropout, "],
        ["layernorm"] = ["x 136", "x 264", "x 40", "Offset"],
        ["gemmbackward"] = ["short, extreme values", "in 16 bits [3, "],
        ["gemmweightbackward"] = ["16 bits"],
        ["attentionbackward"] = ["beams", "dropout, "],
        ["beamstep"] = [", 2 candidates"],
        ["l2normalize"] = ["Steep"],
        ["logsoftmax"] = ["Steep", "without sums", "[1, 5003]"],
        ["samplingfilters"] =
        [
            "of [3, 17]", "of [3, 131] Usual", "of [4, 307] Ties", "of [2, 131] Extreme", "of [2, 384] Steep", "of [2, 17] Neighbours",
            "top-p 0.37 of [2, 3] Equal", "top-p 0.37 of [3, 131] Equal", "top-p 0.9 of [3, 131] Equal",
                "typical 0.01, two at least of [7, 307]", "min-p 0.9, two at least of [7, 307]",
            "epsilon 0.0003 of [1, 5003]", "eta 0.0006 of [1, 5003]", "top-p 0.9 of [1, 5003]", "typical 0.95 of [1, 5003]",
        ],
        ["tokenchoice"] = ["opposite", "[4, 307] Ties"],
        ["tokenrules"] = ["word 0 forced", "stop token"],
        ["topcandidates"] = ["[4, 307] Ties"],
        ["vectorsearch"] = ["[300, 40], 4", "blocks' best"],
    };

    /// <summary>Opens the emulated device for the forms of kernels that GPUs take.</summary>
    public static Device Open(EmulationOptions? options = null)
    {
        using var show = EmulatedDevices.Show();
        var before = EmulatedDriver.Options;
        EmulatedDriver.Options = options ?? before;
        try
        {
            return Device.Open("cuda");
        }
        finally
        {
            EmulatedDriver.Options = before;
        }
    }

    /// <summary>An operator's small cases: evenly over the list, and in CI the ones named above.</summary>
    public static IReadOnlyList<OperatorCase> Of(string name)
    {
        var small = OperatorCatalog.Cases(name).Where(test => test.Size == CaseSize.Small).ToList();
        if (!FullRun.IsAskedFor)
            return small.Evenly(PerOperatorInBrief);
        var also = Also.GetValueOrDefault(name, []);
        var named = small.Where(test => also.Any(part => test.Name.Contains(part, StringComparison.Ordinal)));
        return [.. small.Evenly(PerOperator).Union(named)];
    }

    /// <summary>Runs a case and compares.</summary>
    public static void Check(OperatorCase test, Device device)
    {
        using var prepared = test.Prepare(device);
        prepared.Run(KernelForm.Chosen);
        var agreement = prepared.Compare();
        Assert.True(agreement.IsRight, $"{test}: {agreement.Error:F2} times the bound; {agreement.Where}");
    }
}
