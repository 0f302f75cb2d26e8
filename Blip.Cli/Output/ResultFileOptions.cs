namespace Blip.Cli.Output;

/// <summary>What is done about results that are there.</summary>
/// <param name="Overwrite">They are replaced when the run has come to its end.</param>
/// <param name="Resume">The run goes on with them.</param>
/// <param name="RetryFailed">With <paramref name="Resume"/>: what failed is done again.</param>
/// <param name="Shape">What the records look like; null where a run cannot go on with them.</param>
internal sealed record ResultFileOptions(bool Overwrite, bool Resume, bool RetryFailed, RecordShape? Shape);
