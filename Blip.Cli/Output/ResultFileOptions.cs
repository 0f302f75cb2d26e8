namespace Blip.Cli.Output;

/// <summary>The choices for existing results.</summary>
/// <param name="Overwrite">They are replaced when the run has come to its end.</param>
/// <param name="Resume">The run goes on with them.</param>
/// <param name="RetryFailed">With <paramref name="Resume"/>: failed ones are done again.</param>
/// <param name="Shape">The records' shape; null where a run cannot continue them.</param>
internal sealed record ResultFileOptions(bool Overwrite, bool Resume, bool RetryFailed, RecordShape? Shape);
