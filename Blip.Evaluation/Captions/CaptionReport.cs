namespace Blip.Evaluation;

/// <summary>Scores of a set of captions.</summary>
/// <param name="Corpus">Scores of all captions together, as in papers.</param>
/// <param name="Items">Scores of each caption, in input order.</param>
public sealed record CaptionReport(CaptionScores Corpus, IReadOnlyList<CaptionScores> Items);
