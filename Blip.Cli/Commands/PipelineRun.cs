using System.CommandLine;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Commands;

/// <summary>Common to commands that run a pipeline: load the model, write results, report.</summary>
internal sealed class PipelineRun(Terminal terminal, ModelBinding model, OutputBinding output)
{
    /// <summary>Texts of the command line that the model reads.</summary>
    public IEnumerable<string?> Texts { get; init; } = [];

    /// <summary>Whether the only result is written while it is generated, so that no progress bar may be drawn.</summary>
    public bool Streams { get; init; }

    /// <summary>
    /// Runs it. <paramref name="start"/> begins the work: its exceptions are errors of the command line. <paramref name="also"/>
    /// is further work on a successful result, and may return an error. <paramref name="file"/> is null for standard output.
    /// </summary>
    public async Task<int> RunAsync<TPipeline, TResult>(
        ParseResult parsed,
        ResultFile? file,
        Func<TPipeline> load,
        Func<TPipeline, IAsyncEnumerable<TResult>> start,
        RecordForm<TResult> form,
        int total,
        string things,
        Func<TResult, string?>? also = null)
        where TPipeline : Pipeline
    {
        if (total == 0 && file?.GoesOn == true)
            return End(file, ExitCodes.Success);
        var progress = new ProgressLine(terminal.Error, terminal.ShowsProgress, total, terminal.Columns, things);
        using var pipeline = model.Load(parsed, terminal, progress, load);
        if (Streams)
            progress.Hide();
        ModelBinding.TellUnknown(terminal, pipeline, Texts);
        var results = terminal.TextPlaces.Step(() => start(pipeline));
        using var report = output.Profile(parsed, terminal, pipeline);
        var writer = form.Writer(output.Format(parsed), file?.Writer ?? terminal.Output, output.Style(parsed, terminal));
        var told = pipeline.Notices.Count;
        using var working = terminal.Working();
        try
        {
            return End(file, await new ResultRun<TResult>(terminal, writer, form, progress, also, output.File(parsed))
                .RunAsync(results, file?.GoesOn == true));
        }
        catch (OperationCanceledException) when (file?.Finish(complete: false) is { } place)
        {
            terminal.Say(place);
            throw;
        }
        finally
        {
            foreach (var notice in pipeline.Notices.Skip(told))
                terminal.Note(notice);
        }
    }

    private static int End(ResultFile? file, int exitCode)
    {
        file?.Finish(complete: true);
        return file?.Earlier.Failed > 0 ? ExitCodes.SomeFailed : exitCode;
    }
}
