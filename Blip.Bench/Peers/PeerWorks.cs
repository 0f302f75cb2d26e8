using Blip.Bench.Reporting;
using Blip.Bench.Works;
using Blip.Runtime.Models;

namespace Blip.Bench.Peers;

/// <summary>Everything that is compared: each work checks that both sides agree, then measures them in turns.</summary>
internal static class PeerWorks
{
    private const int CaptionTokens = 20;
    private const int TokensPerTurn = 10;

    /// <summary>The works by name, in the order in which they run.</summary>
    public static IReadOnlyDictionary<string, Func<PeerSession, IEnumerable<BenchRecord>>> All { get; } = new Dictionary<string, Func<PeerSession, IEnumerable<BenchRecord>>>
    {
        ["encoder"] = Encoder,
        ["cross-kv"] = CrossKeysValues,
        ["token@8"] = session => Token(session, 8),
        ["token@20"] = session => Token(session, 20),
        ["token@100"] = session => Token(session, 100),
        ["caption"] = session => Captions(session, "caption", session.Torch, 1, "fp32", "bf16", "int8"),
        ["caption-onnx"] = session => Captions(session, "caption-onnx", session.Onnx, 1, "fp32"),
        ["caption-batch4"] = session => Captions(session, "caption-batch4", session.Torch, 4, "fp32"),
        ["caption-batch16"] = session => Captions(session, "caption-batch16", session.Torch, 16, "fp32"),
    };

    private static IEnumerable<BenchRecord> Encoder(PeerSession session)
    {
        var peer = Ready(session, session.Torch, 1);
        return Measure(session, "encoder", peer, ["fp32"], works => works.Encode(), (precision, ours) =>
        {
            Agreement.Check("embeddings", precision, Ready(session, ours, 1), peer, works => works.ReadEmbeddings());
        });
    }

    private static IEnumerable<BenchRecord> CrossKeysValues(PeerSession session)
    {
        var peer = Ready(session, session.Torch, 1);
        return Measure(session, "cross-kv", peer, ["fp32"], works => works.CrossKeysValues(), (precision, ours) =>
        {
            Ready(session, ours, 1);
            for (var layer = 0; layer < session.Source.Config.Text.Layers; layer++)
                Agreement.Check($"cross keys and values {layer}", precision, ours, peer, works => works.ReadCrossKeysValues(layer));
        });
    }

    private static IEnumerable<BenchRecord> Token(PeerSession session, int context)
    {
        var tokens = Agreement.Tokens(context, session.Source.Config.Text.BosTokenId);
        var peer = Ready(session, session.Torch, 1);
        peer.PrepareToken(tokens);
        return Measure(session, $"token@{context}", peer, ["fp32", "bf16", "int8"], works => works.Token(), (precision, ours) =>
        {
            Ready(session, ours, 1).PrepareToken(tokens);
            Agreement.Check("logits", precision, ours, peer, works => works.ReadLogits());
        }, TokensPerTurn);
    }

    private static IEnumerable<BenchRecord> Captions(PeerSession session, string work, ICaptionWorks peer, int images, params string[] precisions)
    {
        var captions = Ready(session, peer, images).Caption(CaptionTokens);
        return Measure(session, work, peer, precisions, works => works.Caption(CaptionTokens), (precision, ours) =>
            Agreement.Check(precision, ours.Name, Ready(session, ours, images).Caption(CaptionTokens), peer.Name, captions));
    }

    // Pictures set, encoder and cross-attention's part done.
    private static ICaptionWorks Ready(PeerSession session, ICaptionWorks works, int images)
    {
        works.SetPixels(session.Pixels(images), images);
        works.Encode();
        works.CrossKeysValues();
        return works;
    }

    private static IEnumerable<BenchRecord> Measure(
        PeerSession session, string work, ICaptionWorks peer, string[] precisions, Action<ICaptionWorks> run, Action<Precision, ICaptionWorks> check, int repeat = 1)
    {
        var ours = session.Precisions(precisions).Select(precision => (Precision: precision, Works: (ICaptionWorks)session.Blip(precision))).ToList();
        foreach (var (precision, works) in ours)
            check(precision, works);
        var samples = Interleaver.Run(
            [.. ours.Select(entry => Contender(entry.Works)), Contender(peer)],
            session.Options.Rounds);
        return [.. ours.Zip(samples, (entry, sample) => BenchRecord.Of(work, "cpu", Agreement.Name(entry.Precision), sample, samples[^1], null))];

        Contender Contender(ICaptionWorks works) => new(works.Name, () => run(works)) { Repeat = repeat, Rest = works.Rest };
    }
}
