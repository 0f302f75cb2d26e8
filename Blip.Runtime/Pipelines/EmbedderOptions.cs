namespace Blip.Runtime.Pipelines;

/// <summary>How an embedder is set up.</summary>
public sealed record EmbedderOptions : PipelineOptions;
