using System.Diagnostics;
using Blip.Bench.Reporting;
using Blip.Kernels.Devices;

namespace Blip.Bench.Peers;

/// <summary>
/// The caption with 256-bit vectors on both sides. Libraries read their limits when loaded: this program runs again as a child with the
/// limits in its environment.
/// </summary>
internal static class NarrowVectors
{
    private static readonly Dictionary<string, string> Limits = new()
    {
        ["ATEN_CPU_CAPABILITY"] = "avx2",
        ["DNNL_MAX_CPU_ISA"] = "AVX2",
        ["MKL_ENABLE_INSTRUCTIONS"] = "AVX2",
        [Switches.Vectors] = "avx2",
    };

    /// <summary>Runs the child.</summary>
    /// <exception cref="InvalidDataException">It failed, and its message was printed.</exception>
    public static IEnumerable<BenchRecord> Run(PeerSession session)
    {
        const string Work = "caption-avx2";
        // This process keeps its models and waits.
        var json = Path.GetTempFileName();
        try
        {
            string[] precisions = [.. session.Precisions("fp32").Select(Agreement.Name).SelectMany(name => new[] { "--precision", name })];
            string[] encoder = session.Options.Encoder is { } kept ? ["--encoder-precision", Agreement.Name(kept)] : [];
            var start = OwnProgram.With(
                ["--only", "caption", .. precisions, .. encoder, "--rounds", $"{session.Options.Rounds}", "--json", json]);
            foreach (var (name, value) in Limits)
                start.Environment[name] = value;
            using var child = Process.Start(start)!;
            child.WaitForExit();
            if (child.ExitCode != 0)
                throw new InvalidDataException($"{Work}: the child process ended with status {child.ExitCode}.");
            return [.. BenchFile.Read(json).Records.Select(
                record => record with { Work = Work, Variant = "avx2", Target = Targets.Of(Work, record.Precision) })];
        }
        finally
        {
            File.Delete(json);
        }
    }
}
