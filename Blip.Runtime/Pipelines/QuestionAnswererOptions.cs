namespace Blip.Runtime.Pipelines;

/// <summary>How a question answerer is set up.</summary>
public sealed record QuestionAnswererOptions : ImageCachingOptions;
