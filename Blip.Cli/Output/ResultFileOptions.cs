namespace Blip.Cli.Output;

/// <summary>
/// The treatment of existing results: replaced at the end of the run, or resumed.
/// <paramref name="RetryFailed"/> repeats failed inputs. A null <paramref name="Shape"/> cannot be resumed.
/// </summary>
internal sealed record ResultFileOptions(bool Overwrite, bool Resume, bool RetryFailed, RecordShape? Shape);
