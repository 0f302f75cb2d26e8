using Blip.Bench.Peers.Torch;
using Blip.Bench.Reporting;
using Blip.Bench.Workloads;
using static TorchSharp.torch;

namespace Blip.Bench.Peers;

/// <summary>
/// The image encoder of every engine at every precision: time, and error against float64. ONNX Runtime's fp32 is the baseline.
/// </summary>
internal static class PrecisionPeers
{
    private const string Work = "encoder-precisions";

    /// <summary>One record per engine, which is its variant.</summary>
    public static IEnumerable<BenchRecord> Run(PeerSession session)
    {
        var reference = TorchReference.Embeddings(session.Source, session.Pixels(1), 1);
        ICaptionWorks[] engines =
        [
            .. session.Precisions("fp32", "bf16", "int8", "w8a8").Select(precision => session.Blip(precision)),
            session.Torch, session.TorchIn(ScalarType.BFloat16), session.Onnx(int8: true), session.Onnx(),
        ];
        var errors = engines.Select(engine => Error(session.Ready(engine).ReadEmbeddings(), reference)).ToArray();
        var samples = Interleaver.Run(
            [.. engines.Select(engine => new Contender(engine.Name, engine.Encode) { Rest = engine.Rest })], session.Options.Rounds);
        return [.. engines.Select((engine, at) =>
            BenchRecord.Of(Work, "cpu", engine.Precision, samples[at], samples[^1], target: null, engines[^1].Precision) with
            {
                Variant = engine.Name,
                RmsError = errors[at],
            })];
    }

    // The differences' root mean square relative to the values'.
    private static double Error(float[] actual, double[] expected)
    {
        var (differences, values) = (0.0, 0.0);
        foreach (var (own, other) in actual.Zip(expected))
        {
            differences += (own - other) * (own - other);
            values += other * other;
        }
        return Math.Sqrt(differences / values);
    }
}
