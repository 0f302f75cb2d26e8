using System.CommandLine;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Commands;

/// <summary>The common work of commands that take things through a pipeline: check, load, begin, write, report.</summary>
internal sealed class PipelineRun(Terminal terminal, ModelBinding model, OutputBinding output)
{
    /// <summary>The words on the command line that the model is to read.</summary>
    public IEnumerable<string?> Texts { get; init; } = [];

    /// <summary>Whether the text of the one result is written while the model says it: a bar would stand in its way.</summary>
    public bool Streams { get; init; }

    /// <summary>Runs it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="file">Where the results go; null for standard output.</param>
    /// <param name="load">Puts the model on the device.</param>
    /// <param name="start">Begins the work; its exceptions are errors of the command line.</param>
    /// <param name="form">How a result looks.</param>
    /// <param name="total">How many results there will be.</param>
    /// <param name="things">Their name, in the plural.</param>
    /// <param name="also">Further work on a result that succeeded; it returns an error.</param>
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
        var results = Startup.Step(() => start(pipeline));
        using var report = output.Profile(parsed, terminal, pipeline);
        var writer = form.Writer(output.Format(parsed), file?.Writer ?? terminal.Output, output.Style(parsed, terminal));
        var told = pipeline.Notices.Count;
        try
        {
            return End(file, await new ResultRun<TResult>(terminal, writer, form, progress, also, output.File(parsed)).RunAsync(results, file?.GoesOn == true));
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
