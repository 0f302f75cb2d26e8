using Blip.Cli.Output;

namespace Blip.Cli.Commands;

/// <summary>
/// Passes results to the writer, the screen and, if successful, further work (<paramref name="also"/>), which may return an error.
/// </summary>
internal sealed class ResultRun<T>(
    Terminal terminal, RecordWriter<T> writer, RecordForm<T> form, ProgressLine progress, Func<T, string?>? also =
        null, string? place = null)
{
    private int taken, failed;

    /// <summary>
    /// Takes all results, or those until an interruption, and writes them in either case. With
    /// <paramref name="goesOn"/> they follow an earlier run's records.
    /// </summary>
    public async Task<int> RunAsync(IAsyncEnumerable<T> results, bool goesOn)
    {
        writer.Begin(goesOn);
        progress.Show();
        try
        {
            await foreach (var result in results.MovingAsync(progress))
                Take(result);
        }
        catch (OperationCanceledException)
        {
            progress.Clear();
            terminal.Say($"interrupted; {progress}");
            throw;
        }
        finally
        {
            progress.Clear();
            writer.End();
        }
        if (taken > 1)
            terminal.Note($"{progress.Closing(failed)}{(place is null ? "" : $"; the results are in {place}")}");
        return failed == 0 ? ExitCodes.Success : ExitCodes.SomeFailed;
    }

    private void Take(T result)
    {
        taken++;
        progress.Clear();
        writer.Write(result);
        if ((form.Error(result) ?? also?.Invoke(result)) is { } error)
        {
            failed++;
            terminal.Say(error);
        }
        progress.Advance();
    }
}
