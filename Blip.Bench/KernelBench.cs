using System.Diagnostics;
using System.Globalization;
using Blip.Kernels.Devices;

namespace Blip.Bench;

/// <summary>
/// Verifies a kernel against its reference and times it, in one row per variant and case. An operator joins by a line in
/// <see cref="Operators"/>; its cases are those of the tests.
/// </summary>
internal static class KernelBench
{
    private const double SecondsPerCase = 0.5;

    /// <summary>One measurable run. <paramref name="Verify"/> gives the largest error relative to what is allowed; 1 fails.</summary>
    public sealed record Entry(string Case, string Variant, double Flops, double Bytes, Action Run, Func<double> Verify, Action Dispose);

    private static readonly Dictionary<string, Func<Device, Func<string, bool>, IEnumerable<Entry>>> Operators = new()
    {
        ["gemm"] = GemmBench.Entries,
        ["attention"] = AttentionBench.Entries,
        ["layernorm"] = LayerNormBench.Entries,
        ["logsoftmax"] = SamplingBench.LogSoftmaxes,
        ["topcandidates"] = SamplingBench.TopCandidate,
        ["l2normalize"] = L2NormalizeBench.Entries,
        ["activations"] = ElementwiseBench.Activations,
        ["elementwise"] = ElementwiseBench.Sums,
        ["tokenembedding"] = EmbeddingBench.TokenEmbeddings,
        ["selecttoken"] = EmbeddingBench.SelectTokens,
        ["appendcache"] = EmbeddingBench.AppendCaches,
        ["patchify"] = PatchEmbeddingBench.Patches,
        ["assembletokens"] = PatchEmbeddingBench.Tokens,
        ["positioninterpolation"] = PatchEmbeddingBench.Positions,
        ["resampling"] = ResamplingBench.Entries,
    };

    public static int Run(string[] args)
    {
        var names = args.Where((arg, i) => !arg.StartsWith("--", StringComparison.Ordinal) && (i == 0 || !args[i - 1].StartsWith("--", StringComparison.Ordinal))).ToArray();
        if (names.FirstOrDefault(name => !Operators.ContainsKey(name)) is { } unknown)
        {
            Console.Error.WriteLine($"'{unknown}' has no benchmark; there are: {string.Join(", ", Operators.Keys)}.");
            return 2;
        }
        var filter = Option("--filter", "");
        using var device = Device.Open(Option("--device", "cpu"));
        Console.WriteLine($"{device.Name}; median of {SecondsPerCase} s");
        var failed = 0;
        foreach (var name in names.Length > 0 ? names : [.. Operators.Keys])
        {
            foreach (var entry in Operators[name](device, text => text.Contains(filter, StringComparison.OrdinalIgnoreCase)))
                failed += Measure(device, name, entry) ? 0 : 1;
        }
        return failed == 0 ? 0 : 1;

        string Option(string option, string otherwise) => Array.IndexOf(args, option) is var i and >= 0 && i + 1 < args.Length ? args[i + 1] : otherwise;
    }

    /// <summary>The variant that a door with one for the CPU accelerator and one for everything else takes.</summary>
    public static string Variant(Device device, string cpu) => device.Kind == DeviceKind.Cpu ? cpu : "portable";

    /// <summary>The error of an answer that is to have the reference's bits: none, or beyond every bound.</summary>
    public static double Exact(IEnumerable<float> expected, IEnumerable<float> actual) => expected.SequenceEqual(actual) ? 0 : double.PositiveInfinity;

    /// <summary>Gives the buffers of an entry back.</summary>
    public static void Dispose(params ReadOnlySpan<IDisposable> owned)
    {
        foreach (var one in owned)
            one.Dispose();
    }

    private static bool Measure(Device device, string name, Entry entry)
    {
        entry.Run();
        device.Synchronize();
        var error = entry.Verify();

        var times = new List<double>();
        for (var total = Stopwatch.StartNew(); total.Elapsed.TotalSeconds < SecondsPerCase || times.Count < 5;)
        {
            var start = Stopwatch.GetTimestamp();
            entry.Run();
            device.Synchronize();
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        times.Sort();
        var median = times[times.Count / 2];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-21} {entry.Variant,-10} {entry.Case,-64} {median * 1e3,9:F3} ms {entry.Flops / median / 1e9,8:F1} GFLOP/s {entry.Bytes / median / 1e9,7:F1} GB/s, best {entry.Flops / times[0] / 1e9,8:F1} GFLOP/s  {(error <= 1 ? "ok" : "WRONG")} ({error:F2} of the bound)"));
        entry.Dispose();
        return error <= 1;
    }
}
