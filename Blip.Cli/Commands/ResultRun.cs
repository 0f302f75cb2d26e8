using Blip.Cli.Output;

namespace Blip.Cli.Commands;

/// <summary>Hands results on as they come: to the writer, to the screen, and to further work.</summary>
/// <param name="terminal">For messages.</param>
/// <param name="writer">Where the results go.</param>
/// <param name="form">Tells what failed.</param>
/// <param name="progress">Drawn between results.</param>
/// <param name="also">Further work on a result that succeeded; it returns an error.</param>
/// <param name="place">Where the results are; null for standard output.</param>
internal sealed class ResultRun<T>(
    Terminal terminal, RecordWriter<T> writer, RecordForm<T> form, ProgressLine progress, Func<T, string?>? also = null, string? place = null)
{
    private int taken, failed;

    /// <summary>Takes the results to their end, or to the interruption; finished results are written in either case.</summary>
    /// <param name="results">The results.</param>
    /// <param name="goesOn">Whether the writer goes on behind the records of an earlier run.</param>
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
