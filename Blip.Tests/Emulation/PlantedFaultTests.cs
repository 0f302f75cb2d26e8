extern alias bench;

using bench::Blip.Bench.Measuring;
using bench::Blip.Bench.Operators;
using Blip.Emulation.Driver;
using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;
using Blip.Tests.Kernels;

namespace Blip.Tests.Emulation;

/// <summary>
/// Mistakes planted into every operator's kernels, one at a time: the interpreter's checks and the comparison with the reference must catch
/// them. A test that finds nothing where a barrier is missing is no proof that the barrier is there.
/// </summary>
/// <param name="output">Where the report goes.</param>
public class PlantedFaultTests(ITestOutputHelper output)
{
    /// <summary>Set to <c>full</c>: some faults of every kind in every kernel; otherwise a draw.</summary>
    private const string Variable = "BLIP_FAULTS";

    private const double LeastCaught = 0.95;

    /// <summary>Faults that change nothing: operator, kind, a part of the line, and why.</summary>
    private static readonly (string Operator, string Kind, string Line, string Reason)[] Equivalent =
    [
    ];

    [Fact]
    public void Nearly_all_are_caught()
    {
        var full = Environment.GetEnvironmentVariable(Variable) == "full";
        var seed = 1;
        var report = new List<(string Operator, PlantedFault Fault, string Verdict)>();
        var drawn = 0;
        foreach (var name in KernelCatalog.Names)
        {
            using var target = EmulatedCases.Open(new EmulationOptions { MaxInstructionsPerWarp = 3_000_000, Threads = 1, Seed = 7 });
            var cases = EmulatedCases.Of(name, target);
            foreach (var test in cases)
                EmulatedCases.Check(test);
            foreach (var kernel in EmulatedDriver.KernelsOf(target.Device.Accelerator.NativePtr).Where(kernel => kernel.LinesRun.Count > 0))
            {
                var possible = PlantedFault.Kinds.Select(kind => PlantedFault.Of(kind, kernel.Text, kernel.LinesRun)).Where(faults => faults.Count > 0).ToList();
                var random = new Random(seed++);
                // Each kernel gets its share of the kinds in turn, so that all of them are drawn.
                var chosen = full ? possible : possible.Where((_, i) => (i + drawn) % 5 == 0).ToList();
                drawn++;
                foreach (var fault in chosen.SelectMany(faults => Draw(faults, full ? 3 : 1, random)))
                    report.Add((name, fault, Verdict(fault, kernel, cases)));
                // A fault that is none survives: what was caught before is caught for its own sake.
                Assert.Equal("SURVIVES", Verdict(new PlantedFault("none", 1, "", "// nothing"), kernel, cases));
            }
        }
        Report(report);
    }

    private static IEnumerable<PlantedFault> Draw(IReadOnlyList<PlantedFault> faults, int count, Random random) =>
        Enumerable.Range(0, Math.Min(count, faults.Count)).Select(_ => faults[random.Next(faults.Count)]).Distinct();

    private static string Verdict(PlantedFault fault, EmulatedKernel kernel, IReadOnlyList<BenchCase> cases)
    {
        var wrong = fault.Apply(kernel.Text);
        if (PtxKernels.Ptxas is not null && PtxKernels.Errors(wrong, "sm_80") is { Length: > 0 } errors)
            return $"REFUSED by ptxas: {errors.Split('\n')[0]}";
        var entry = kernel.Text;
        EmulatedKernel.Rewrite = text => text == entry ? wrong : text;
        try
        {
            foreach (var test in cases)
            {
                using var prepared = test.Prepare();
                prepared.Run();
                if (prepared.Verify?.Invoke() is { } error && !(error <= 1))
                    return $"caught: error {error:g3} of {test.Work}";
            }
            return "SURVIVES";
        }
        catch (Exception e) when (EmulatedDriver.LastFault is PtxException)
        {
            return $"REFUSED: {e.Message}";
        }
        catch (Exception e)
        {
            return $"caught: {e.Message}";
        }
        finally
        {
            EmulatedKernel.Rewrite = null;
        }
    }

    private void Report(List<(string Operator, PlantedFault Fault, string Verdict)> report)
    {
        foreach (var (name, fault, verdict) in report)
            output.WriteLine($"{name}: {fault}: {verdict[..Math.Min(verdict.Length, 160)]}");
        Assert.DoesNotContain(report, one => one.Verdict.StartsWith("REFUSED", StringComparison.Ordinal));
        var survivors = report.Where(one => one.Verdict == "SURVIVES").ToList();
        var unexplained = survivors.Where(one => !Equivalent.Any(known =>
            known.Operator == one.Operator && known.Kind == one.Fault.Kind && one.Fault.Before.Contains(known.Line, StringComparison.Ordinal))).ToList();
        var meant = report.Count - (survivors.Count - unexplained.Count);
        var text = $"{report.Count} faults of {report.Select(one => one.Fault.Kind).Distinct().Count()} kinds, {survivors.Count - unexplained.Count} of them change nothing,"
            + $" {unexplained.Count} survive:\n{string.Join('\n', unexplained.Select(one => $"{one.Operator}: {one.Fault}"))}";
        output.WriteLine(text);
        Assert.True(report.Count >= 30, text);
        Assert.True(meant - unexplained.Count >= LeastCaught * meant, text);
    }
}
