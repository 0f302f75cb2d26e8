namespace Blip.Runtime.Pipelines;

/// <summary>How a matcher is set up.</summary>
public sealed record MatcherOptions : ImageCachingOptions;
