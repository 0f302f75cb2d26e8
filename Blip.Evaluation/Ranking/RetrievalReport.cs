using Blip.Runtime.Retrieval;

namespace Blip.Evaluation;

/// <summary>How well images find their captions, and captions their images.</summary>
/// <param name="ImageRanks">For each image the place of its best caption among all, 0 first.</param>
/// <param name="TextRanks">For each caption the place of its image among all, 0 first.</param>
public sealed record RetrievalReport(IReadOnlyList<int> ImageRanks, IReadOnlyList<int> TextRanks)
{
    /// <summary>Recall of captions by images (TR in BLIP's tables).</summary>
    public Recall ImageToText { get; } = Recall.Of([.. ImageRanks]);

    /// <summary>Recall of images by captions (IR).</summary>
    public Recall TextToImage { get; } = Recall.Of([.. TextRanks]);

    /// <summary>The mean of all six recalls, in percent.</summary>
    public double Mean => (ImageToText.Mean + TextToImage.Mean) / 2;
}
