using System.Diagnostics;
using Blip.Bench.Reporting;
using Blip.Kernels.Devices;

namespace Blip.Bench.Peers;

/// <summary>
/// The caption with vectors of 256 bits on both sides. The libraries read their limits when they are loaded, so that a child process does it:
/// this program again, with the limits in its environment.
/// </summary>
internal static class NarrowVectors
{
    private static readonly Dictionary<string, string> s_limits = new()
    {
        ["ATEN_CPU_CAPABILITY"] = "avx2",
        ["DNNL_MAX_CPU_ISA"] = "AVX2",
        ["MKL_ENABLE_INSTRUCTIONS"] = "AVX2",
        [Switches.Vectors] = "avx2",
    };

    /// <summary>Runs the child.</summary>
    /// <exception cref="InvalidDataException">It failed; its own message stands above.</exception>
    public static IEnumerable<BenchRecord> Run(PeerSession session)
    {
        const string Work = "caption-avx2";
        // This process holds its models and does nothing meanwhile.
        var json = Path.GetTempFileName();
        try
        {
            string[] precisions = [.. session.Precisions("fp32").Select(Agreement.Name).SelectMany(name => new[] { "--precision", name })];
            string[] encoder = session.Options.Encoder is { } kept ? ["--encoder-precision", Agreement.Name(kept)] : [];
            var start = OwnProgram.With(
                ["--only", "caption", .. precisions, .. encoder, "--rounds", $"{session.Options.Rounds}", "--json", json]);
            foreach (var (name, value) in s_limits)
                start.Environment[name] = value;
            using var child = Process.Start(start)!;
            child.WaitForExit();
            if (child.ExitCode != 0)
                throw new InvalidDataException($"{Work}: the child process ended with status {child.ExitCode}.");
            return [.. BenchFile.Read(json).Records.Select(record => record with { Work = Work, Variant = "avx2", Target = Targets.Of(Work, record.Precision) })];
        }
        finally
        {
            File.Delete(json);
        }
    }
}
