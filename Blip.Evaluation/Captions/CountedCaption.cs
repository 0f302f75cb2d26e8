namespace Blip.Evaluation;

internal sealed record CountedCaption(NGrams Candidate, IReadOnlyList<NGrams> References);
