namespace Blip.Cli.Output;

/// <summary>
/// What happens to existing results: replaced at the end of the run, or resumed, failed ones again with
/// <paramref name="RetryFailed"/>. A null <paramref name="Shape"/> cannot be resumed.
/// </summary>
internal sealed record ResultFileOptions(bool Overwrite, bool Resume, bool RetryFailed, RecordShape? Shape);
