using System.Text;
using Blip.Cli.Output;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Commands;

/// <summary>Hands results on as they come: to the writer, to the screen, to the folder of maps.</summary>
internal sealed class CaptionRun(Terminal terminal, CaptionWriter writer, ProgressLine progress, AttentionMapFolder? maps)
{
    private int done, failed;

    /// <summary>Checks that the output file can be made, before the model is loaded and without touching what is there.</summary>
    /// <exception cref="UsageException">It cannot.</exception>
    public static void CheckOutput(string? path)
    {
        if (path is null)
            return;
        if (Directory.Exists(path))
            throw new UsageException($"--output is '{path}', which is a folder; name a file in it.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            throw new UsageException($"--output is '{path}', and there is no folder '{folder}'; make it first.");
    }

    /// <summary>Opens the output file; null where there is none.</summary>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public static StreamWriter? OpenOutput(string? path)
    {
        try
        {
            return path is null ? null : new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--output cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Takes the results to their end, or to the interruption; what is finished is written in either case.</summary>
    public async Task<int> RunAsync(IAsyncEnumerable<CaptionResult> results, int total)
    {
        writer.Begin();
        progress.Show();
        try
        {
            await foreach (var result in results)
                Take(result);
        }
        catch (OperationCanceledException)
        {
            progress.Clear();
            terminal.Say($"interrupted; {done} of {total} pictures are done");
            throw;
        }
        finally
        {
            progress.Clear();
            writer.End();
        }
        return failed == 0 ? ExitCodes.Success : ExitCodes.SomeFailed;
    }

    private void Take(CaptionResult result)
    {
        progress.Clear();
        writer.Write(result);
        done++;
        if (!result.Succeeded)
            Fail(result.Error);
        else if (maps is not null)
            SaveMaps(result);
        progress.Advance();
    }

    private void SaveMaps(CaptionResult result)
    {
        try
        {
            maps!.Save(result);
        }
        catch (ImageException e)
        {
            Fail(e.Message);
        }
    }

    private void Fail(string error)
    {
        failed++;
        terminal.Say(error);
    }
}
