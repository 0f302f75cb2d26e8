using Blip.Bench.Reporting;
using Blip.Bench.Workloads;
using Blip.Runtime.Models;

namespace Blip.Bench.Peers;

/// <summary>Matching, embedding and answering against libtorch: both sides must agree, then are measured in turns.</summary>
internal static class UnderstandingPeers
{
    private const int Many = UnderstandingCases.Many;

    /// <summary>An image and twenty texts.</summary>
    public static IEnumerable<BenchRecord> Match(PeerSession session) =>
        Numbers(session, "match", images: 1, Many, (works, texts) => works.Match(texts));

    public static IEnumerable<BenchRecord> EmbedImage(PeerSession session) =>
        Numbers(session, "embed-image", images: 1, items: 1, (works, _) => works.EmbedImages());

    /// <summary>Twenty texts' vectors.</summary>
    public static IEnumerable<BenchRecord> EmbedTexts(PeerSession session) =>
        Numbers(session, "embed-texts", images: 1, Many, (works, texts) => works.EmbedTexts(texts));

    /// <summary>Twenty questions about an image.</summary>
    public static IEnumerable<BenchRecord> Answer(PeerSession session) => Answers(session, "answer", images: 1);

    /// <summary>A question about each of twenty images.</summary>
    public static IEnumerable<BenchRecord> AnswerImages(PeerSession session) => Answers(session, "answer-images", Many);

    private static IEnumerable<BenchRecord> Numbers(
        PeerSession session, string work, int images, int items, Func<IUnderstandingWorks, IReadOnlyList<int[]>, float[]> run) =>
        Measure(session, work, images, items, run,
            (precision, name, actual, peer, expected) => Agreement.Check(work, precision, name, actual, peer, expected));

    private static IEnumerable<BenchRecord> Answers(PeerSession session, string work, int images) =>
        Measure(session, work, images, Many, (works, questions) => works.Answer(questions, UnderstandingCases.AnswerTokens),
            (precision, name, actual, peer, expected) =>
            Agreement.Check(precision, name, actual, peer, expected, golden: false));

    private static IEnumerable<BenchRecord> Measure<T>(
        PeerSession session,
        string work,
        int images,
        int items,
        Func<IUnderstandingWorks, IReadOnlyList<int[]>, T> run,
        Action<Precision, string, T, string, T> check)
    {
        var texts = UnderstandingCases.Texts(session.EveryHead.Config, Many);
        var (peer, pixels) = (session.TorchUnderstanding, session.Pixels(images));
        var ours = session.Precisions("fp32").Select(precision => (Precision: precision, Works: session.Understanding(precision))).ToList();
        peer.SetPixels(pixels, images);
        var expected = run(peer, texts);
        foreach (var (precision, works) in ours)
        {
            works.SetPixels(pixels, images);
            check(precision, works.Name, run(works, texts), peer.Name, expected);
        }
        var samples = Interleaver.Run([.. ours.Select(entry => Contender(entry.Works)), Contender(peer)], session.Options.Rounds);
        return [.. ours.Zip(samples, (entry, sample) => Record(entry.Precision, entry.Works, sample))];

        Contender Contender(IUnderstandingWorks works) => new(works.Name, () => run(works, texts)) { Rest = works.Rest };

        BenchRecord Record(Precision precision, UnderstandingWorks works, Sample sample)
        {
            var name = Agreement.Name(precision);
            var record = BenchRecord.Of(work, works.Device, name, sample, samples[^1], Targets.Of(work, name)) with { Items = items };
            return session.Options.Encoder is { } encoder ? record with { Variant = $"{Agreement.Name(encoder)} encoder" } : record;
        }
    }
}
