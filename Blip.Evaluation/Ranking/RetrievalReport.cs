using Blip.Runtime.Retrieval;

namespace Blip.Evaluation;

/// <summary>Ranks in retrieval, in both directions.</summary>
/// <param name="ImageRanks">For each image the rank of its best caption, 0 first.</param>
/// <param name="TextRanks">For each caption the rank of its image, 0 first.</param>
public sealed record RetrievalReport(IReadOnlyList<int> ImageRanks, IReadOnlyList<int> TextRanks)
{
    /// <summary>Recall of captions, given images (TR in BLIP's tables).</summary>
    public Recall ImageToText { get; } = Recall.Of([.. ImageRanks]);

    /// <summary>Recall of images, given captions (IR).</summary>
    public Recall TextToImage { get; } = Recall.Of([.. TextRanks]);

    /// <summary>The mean of all six recalls, in percent.</summary>
    public double Mean => (ImageToText.Mean + TextToImage.Mean) / 2;
}
