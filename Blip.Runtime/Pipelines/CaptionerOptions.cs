namespace Blip.Runtime.Pipelines;

/// <summary>How a captioner is set up.</summary>
public sealed record CaptionerOptions : PipelineOptions;
