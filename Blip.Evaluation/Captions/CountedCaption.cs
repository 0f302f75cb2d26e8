namespace Blip.Evaluation;

/// <summary>A caption and its references as runs of words.</summary>
internal sealed record CountedCaption(NGrams Candidate, IReadOnlyList<NGrams> References);
