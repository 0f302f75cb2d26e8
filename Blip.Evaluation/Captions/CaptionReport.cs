namespace Blip.Evaluation;

/// <summary>How good a set of captions is.</summary>
/// <param name="Corpus">The scores of all captions together, the numbers that papers print.</param>
/// <param name="Items">The scores of each caption, in the order they came.</param>
public sealed record CaptionReport(CaptionScores Corpus, IReadOnlyList<CaptionScores> Items);
