using Blip.Runtime.Retrieval;

namespace Blip.Runtime.Evaluation;

/// <summary>How well pictures find their captions, and captions their pictures.</summary>
/// <param name="ImageRanks">For each picture the place of its best caption among all, 0 first.</param>
/// <param name="TextRanks">For each caption the place of its picture among all, 0 first.</param>
public sealed record RetrievalReport(IReadOnlyList<int> ImageRanks, IReadOnlyList<int> TextRanks)
{
    /// <summary>Recall of captions by pictures (TR in BLIP's tables).</summary>
    public Recall ImageToText { get; } = Recall.Of([.. ImageRanks]);

    /// <summary>Recall of pictures by captions (IR).</summary>
    public Recall TextToImage { get; } = Recall.Of([.. TextRanks]);

    /// <summary>The mean of all six recalls, in percent.</summary>
    public double Mean => (ImageToText.Mean + TextToImage.Mean) / 2;
}
