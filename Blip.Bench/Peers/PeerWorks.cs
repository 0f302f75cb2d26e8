using Blip.Bench.Reporting;
using Blip.Bench.Workloads;
using Blip.Kernels.Devices;
using Blip.Runtime.Models;
using static TorchSharp.torch;

namespace Blip.Bench.Peers;

/// <summary>All comparisons: each checks that both sides agree, then measures them in turns.</summary>
internal static class PeerWorks
{
    private const int CaptionTokens = 20;
    private const int TokensPerTurn = 10;

    /// <summary>The works by name, in running order.</summary>
    public static IReadOnlyDictionary<string, Func<PeerSession, IEnumerable<BenchRecord>>> All { get; } =
        new Dictionary<string, Func<PeerSession, IEnumerable<BenchRecord>>>
    {
        ["encoder"] = session => Encoder(session, "encoder", session.Torch, "fp32"),
        ["encoder-bf16"] = session => Encoder(session, "encoder-bf16", session.TorchIn(ScalarType.BFloat16), "bf16"),
        ["encoder-onnx"] = session => Encoder(session, "encoder-onnx", session.Onnx(), "fp32", "bf16", "int8", "w8a8"),
        ["encoder-onnx-int8"] = session => Encoder(session, "encoder-onnx-int8", session.Onnx(int8: true), "int8", "w8a8"),
        ["encoder-precisions"] = PrecisionPeers.Run,
        ["cross-kv"] = CrossKeysValues,
        ["token@8"] = session => Token(session, 8),
        ["token@20"] = session => Token(session, 20),
        ["token@100"] = session => Token(session, 100),
        ["caption"] = session => Captions(session, "caption", session.Torch, 1, "fp32", "bf16", "int8"),
        ["caption-bf16"] = session => Captions(session, "caption-bf16", session.TorchIn(ScalarType.BFloat16), 1, "bf16"),
        ["caption-onnx"] = session => Captions(session, "caption-onnx", session.Onnx(), 1, "fp32"),
        ["caption-onnx-int8"] = session => Captions(session, "caption-onnx-int8", session.Onnx(int8: true), 1, "int8", "w8a8"),
        ["caption-3beams"] = Beams,
        ["caption-batch4"] = session => Captions(session, "caption-batch4", session.Torch, 4, "fp32"),
        ["caption-batch16"] = session => Captions(session, "caption-batch16", session.Torch, 16, "fp32"),
        ["caption-batch16-bf16"] = session => Captions(session, "caption-batch16-bf16", session.TorchIn(ScalarType.BFloat16), 16, "bf16"),
        ["match"] = UnderstandingPeers.Match,
        ["embed-image"] = UnderstandingPeers.EmbedImage,
        ["embed-texts"] = UnderstandingPeers.EmbedTexts,
        ["answer"] = UnderstandingPeers.Answer,
        ["answer-images"] = UnderstandingPeers.AnswerImages,
        ["caption-avx2"] = NarrowVectors.Run,
        ["cold-start"] = ColdStart.Run,
        ["caption-opencl"] = OpenCl,
    };

    public static IReadOnlyList<string> Short { get; } = ["encoder", "caption"];

    public static int Tokens => CaptionTokens;

    private static IEnumerable<BenchRecord> Encoder(PeerSession session, string work, ICaptionWorks peer, params string[] precisions)
    {
        session.Ready(peer);
        return Measure(session, work, peer, precisions, works => works.Encode(), (precision, ours) =>
            Agreement.Check("embeddings", precision, session.Ready(ours), peer, works => works.ReadEmbeddings()));
    }

    private static IEnumerable<BenchRecord> CrossKeysValues(PeerSession session)
    {
        var peer = session.Ready(session.Torch);
        var layers = Enumerable.Range(0, session.Source.Config.Text.Layers);
        return Measure(session, "cross-kv", peer, ["fp32"], works => works.CrossKeysValues(), (precision, ours) =>
            Agreement.Check("keys and values", precision, session.Ready(ours), peer,
                works => [.. layers.SelectMany(works.ReadCrossKeysValues)]));
    }

    private static IEnumerable<BenchRecord> Token(PeerSession session, int context)
    {
        var tokens = Agreement.Tokens(context, session.Source.Config.Text.BosTokenId);
        var peer = session.Ready(session.Torch);
        peer.PrepareToken(tokens);
        return Measure(session, $"token@{context}", peer, ["fp32", "bf16", "int8"], works => works.Token(), (precision, ours) =>
        {
            session.Ready(ours).PrepareToken(tokens);
            Agreement.Check("logits", precision, ours, peer, works => works.ReadLogits());
        }, TokensPerTurn);
    }

    private static IEnumerable<BenchRecord> Captions(
        PeerSession session, string work, ICaptionWorks peer, int images, params string[] precisions)
    {
        var captions = session.Ready(peer, images).Caption(CaptionTokens);
        return Measure(session, work, peer, precisions, works => works.Caption(CaptionTokens), (precision, ours) =>
            Agreement.Check(precision, ours.Name, session.Ready(ours, images).Caption(CaptionTokens), peer.Name, captions));
    }

    private static IEnumerable<BenchRecord> Beams(PeerSession session)
    {
        const int Beams = 3;
        session.Ready(session.Torch);
        var captions = session.Torch.Search(CaptionTokens, Beams);
        return Measure(session, "caption-3beams", session.Torch, ["fp32"], works => ((IBeamWorks)works).Search(CaptionTokens, Beams),
            (precision, ours) =>
        {
            session.Ready(ours);
            Agreement.Check(precision, ours.Name, ((IBeamWorks)ours).Search(CaptionTokens, Beams), session.Torch.Name, captions,
                golden: false);
        });
    }

    private static IEnumerable<BenchRecord> OpenCl(PeerSession session)
    {
        const string OpenClDevice = "opencl";
        if (Device.List().All(device => device.Kind != DeviceKind.OpenCl))
        {
            Console.WriteLine("  this machine has no OpenCL device; nothing is measured");
            return [];
        }
        var captions = session.Ready(session.Torch).Caption(CaptionTokens);
        return Measure(session, "caption-opencl", session.Torch, ["fp32"], works => works.Caption(CaptionTokens), (precision, ours) =>
            Agreement.Check(precision, ours.Name, session.Ready(ours).Caption(CaptionTokens), session.Torch.Name, captions),
                device: OpenClDevice);
    }

    private static IEnumerable<BenchRecord> Measure(
        PeerSession session,
        string work,
        ICaptionWorks peer,
        string[] precisions,
        Action<ICaptionWorks> run,
        Action<Precision, ICaptionWorks> check,
        int repeat = 1,
        string device = "cpu")
    {
        var ours = session.Precisions(precisions).Select(precision => (Precision: precision, Works: session.Blip(precision, device)))
            .ToList();
        foreach (var (precision, works) in ours)
            check(precision, works);
        var samples = Interleaver.Run([.. ours.Select(entry => Contender(entry.Works)), Contender(peer)], session.Options.Rounds);
        return [.. ours.Zip(samples, (entry, sample) => Record(entry.Precision, entry.Works, sample))];

        Contender Contender(ICaptionWorks works) => new(works.Name, () => run(works)) { Repeat = repeat, Rest = works.Rest };

        BenchRecord Record(Precision precision, BlipWorks works, Sample sample)
        {
            var name = Agreement.Name(precision);
            var record = BenchRecord.Of(work, works.Device, name, sample, samples[^1], Targets.Of(work, name), peer.Precision);
            return session.Options.Encoder is { } encoder ? record with { Variant = $"{Agreement.Name(encoder)} encoder" } : record;
        }
    }
}
