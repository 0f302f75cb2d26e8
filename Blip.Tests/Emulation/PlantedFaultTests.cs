using System.Diagnostics;
using System.Text.RegularExpressions;
using Blip.Emulation.Driver;
using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;
using Blip.Kernels.Devices;
using Blip.Tests.Kernels;
using Blip.Verification;
using Blip.Verification.Operators;
using ILGPU.Runtime;

namespace Blip.Tests.Emulation;

/// <summary>
/// Mistakes planted into every operator's kernels, one at a time: the interpreter's checks and the comparison with the reference must catch
/// them. A test that finds nothing where a barrier is missing is no proof that the barrier is there.
/// </summary>
/// <param name="output">Where the report goes.</param>
public partial class PlantedFaultTests(ITestOutputHelper output)
{
    /// <summary>
    /// Set to <c>full</c>, or to operators' names: some faults of every kind in every kernel, of all operators or of these; otherwise a
    /// draw.
    /// </summary>

    private const string All = "full";

    private const double LeastCaught = 0.95;

    /// <summary>Faults that change nothing: operator, kind, a part of the line, and why.</summary>
    private static readonly (string Operator, string Kind, string Line, string Reason)[] Equivalent =
    [
        // The logarithm's factor of 2^23 for subnormal numbers, the wrong way round: every token's noise moves by the same 23 · ln 2, and
        // the token with the largest sum stays the same.
        ("tokenchoice", "choice swapped", "selp.b32 %f20, %f19, %f3, %p14", "a constant added to every token's noise"),
        // The same logarithm, here of a softmax's sum: at least the 1 of its largest term.
        ("logsoftmax", "sum forgotten", "add.f32 %f60, %f57, %f59", "what is added is 0 but for subnormal numbers, which the sum never is"),
        ("layernormbackward", "end of a range off by one", "setp.ge.s32 %p17, %r9, %r13",
            "the part that begins at the end of a row is empty, and adds 0"),
    ];

    [Fact]
    public void Nearly_all_are_caught()
    {
        FullRun.Only();
        var asked = TestSwitches.Read(TestSwitches.Faults) ?? "";
        var full = asked.Length > 0;
        var operators = asked is "" or All ? OperatorCatalog.Names : asked.Split(',');
        Assert.Empty(operators.Except(OperatorCatalog.Names));
        var report = new List<(string Operator, PlantedFault Fault, string Verdict, string Text)>();
        var drawn = 0;
        var planted = new HashSet<string>();
        foreach (var name in operators)
        {
            // An operator's faults are the same, for any other operators asked for.
            var seed = 1000 * name.Sum(letter => letter);
            using var device = EmulatedCases.Open(new EmulationOptions { MaxInstructionsPerWarp = 3_000_000, Threads = 1, Seed = 7 });
            IReadOnlyList<EmulatedKernel> Kernels() => EmulatedDriver.KernelsOf(device.Accelerator.NativePtr);
            var launched = new Dictionary<EmulatedKernel, List<(OperatorCase Test, TimeSpan Took)>>();
            foreach (var test in EmulatedCases.Of(name))
            {
                var before = Kernels().ToDictionary(kernel => kernel, kernel => kernel.Launches);
                var clock = Stopwatch.StartNew();
                EmulatedCases.Check(test, device);
                foreach (var kernel in Kernels().Where(kernel => kernel.Launches > before.GetValueOrDefault(kernel)))
                {
                    launched.TryAdd(kernel, []);
                    launched[kernel].Add((test, clock.Elapsed));
                }
            }
            foreach (var (kernel, tests) in launched)
            {
                // Most are caught by the first: the shortest.
                OperatorCase[] cases = [.. tests.OrderBy(one => one.Took).Select(one => one.Test)];
                // Another operator's kernel, which this one's cases need for their inputs: its own cases check it.
                if (!planted.Add(Numbers().Replace(kernel.Text, "")))
                    continue;
                var possible = PlantedFault.Kinds.Select(kind => PlantedFault.Of(kind, kernel.Text, kernel.LinesRun))
                    .Where(faults => faults.Count > 0).ToList();
                var random = new Random(seed++);
                // Each kernel gets its share of the kinds in turn, so that all of them are drawn.
                var chosen = full ? possible : possible.Where((_, i) => (i + drawn) % 7 == 0).ToList();
                drawn++;
                foreach (var fault in chosen.SelectMany(faults => Draw(faults, full ? 3 : 1, random)))
                {
                    var verdict = Verdict(fault, kernel, cases, device);
                    report.Add((name, fault, verdict, kernel.Text));
                    output.WriteLine($"{name}: {fault}: {verdict[..Math.Min(verdict.Length, 160)]}");
                }
                // A harmless fault survives: an earlier fault was caught for its own sake.
                Assert.Equal("SURVIVES", Verdict(new PlantedFault("none", 1, "", "// nothing"), kernel, cases, device));
            }
        }
        Report(report);
    }

    private static IEnumerable<PlantedFault> Draw(IReadOnlyList<PlantedFault> faults, int count, Random random) =>
        Enumerable.Range(0, Math.Min(count, faults.Count)).Select(_ => faults[random.Next(faults.Count)]).Distinct();

    private static string Verdict(PlantedFault fault, EmulatedKernel kernel, IReadOnlyList<OperatorCase> cases, Device device)
    {
        var wrong = fault.Apply(kernel.Text);
        // The assembler looks at it while the interpreter runs it.
        var errors = PtxKernels.Ptxas is null ? Task.FromResult("") : Task.Run(() => PtxKernels.Errors(wrong, "sm_80"));
        var verdict = Interpret(wrong, kernel, cases, device);
        return errors.Result.Length > 0 ? $"REFUSED by ptxas: {errors.Result.Split('\n')[0]}" : verdict;
    }

    private static string Interpret(string wrong, EmulatedKernel kernel, IReadOnlyList<OperatorCase> cases, Device device)
    {
        var entry = kernel.Text;
        EmulatedKernel.Rewrite = text => text == entry ? wrong : text;
        try
        {
            foreach (var test in cases)
            {
                using var prepared = test.Prepare(device);
                // An earlier run's results would do for a run without results.
                device.Scratch(1).MemSet(device.Stream, 0xFF);
                prepared.Run(KernelForm.Chosen);
                if (prepared.Compare() is { IsRight: false } missed)
                    return $"caught: error {missed.Error:g3} of {test}";
                if (Counters(device).Any(counter => counter != 0))
                    return $"caught: counters are left behind by {test}";
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
            // A stopped kernel's counts would be the next one's fault.
            device.Counters(1).MemSetToZero(device.Stream);
            device.Synchronize();
        }
    }

    // A kernel that is compiled again has other numbers in its names.
    [GeneratedRegex(@"_\d+")]
    private static partial Regex Numbers();

    private static int[] Counters(Device device) => device.Counters(1).GetAsArray(device.Stream);

    private void Report(List<(string Operator, PlantedFault Fault, string Verdict, string Text)> report)
    {
        Assert.DoesNotContain(report, one => one.Verdict.StartsWith("REFUSED", StringComparison.Ordinal));
        var survivors = report.Where(one => one.Verdict == "SURVIVES").ToList();
        var unexplained = survivors.Where(one => !one.Fault.ChangesNothing(one.Text) && !Equivalent.Any(known =>
            known.Operator == one.Operator && known.Kind == one.Fault.Kind
                && one.Fault.Before.Contains(known.Line, StringComparison.Ordinal))).ToList();
        var meant = report.Count - (survivors.Count - unexplained.Count);
        var text = $"{report.Count} faults of {report.Select(one => one.Fault.Kind).Distinct().Count()} kinds, "
            + $"{survivors.Count - unexplained.Count} of them change nothing,"
            + $" {unexplained.Count} survive:\n{string.Join('\n', unexplained.Select(one => $"{one.Operator}: {one.Fault}"))}";
        output.WriteLine(text);
        if (TestSwitches.Read(TestSwitches.Faults) is not null)
            output.WriteLine(string.Join("\n\n", unexplained.Select(one => $"{one.Operator}: {one.Fault}\n{one.Fault.Around(one.Text)}")));
        Assert.True(report.Count >= 30, text);
        Assert.True(meant - unexplained.Count >= LeastCaught * meant, text);
    }
}
