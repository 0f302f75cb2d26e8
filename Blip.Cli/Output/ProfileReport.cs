using Blip.Kernels.Devices;
using Blip.Runtime.Files;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>Times a pipeline's steps until disposed, then reports.</summary>
internal sealed class ProfileReport : IDisposable
{
    private readonly Terminal terminal;
    private readonly Pipeline pipeline;
    private readonly Profiler profiler = new();
    private readonly string? path;
    private readonly ReplacedFile? trace;

    /// <exception cref="UsageException">The trace file cannot be written.</exception>
    public ProfileReport(Terminal terminal, Pipeline pipeline, string? path)
    {
        (this.terminal, this.pipeline, this.path) = (terminal, pipeline, path);
        try
        {
            if (path is not null)
                OutputFile.CheckOwn(path, "--profile", "{\"traceEvents\":");
            trace = path is null ? null : ReplacedFile.Begin(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--profile cannot be written: {FailureReason.WithPath(e)}.", e);
        }
        pipeline.Profiler = profiler;
    }

    public void Dispose()
    {
        pipeline.Profiler = null;
        terminal.Error.Write(profiler.ToTable());
        if (trace is null)
            return;
        profiler.WriteChromeTrace(trace.Stream);
        trace.Commit();
        terminal.Note($"trace written to {path}");
    }
}
