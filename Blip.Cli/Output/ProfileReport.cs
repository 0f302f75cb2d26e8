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

    public ProfileReport(Terminal terminal, Pipeline pipeline, string? path)
    {
        (this.terminal, this.pipeline, this.path) = (terminal, pipeline, path);
        pipeline.Profiler = profiler;
    }

    /// <summary>Checks, before the model is loaded, that the trace can be written.</summary>
    /// <exception cref="UsageException">It cannot, or another file would be lost.</exception>
    public static void Check(string path, string option) => OutputFile.CheckOwn(path, option, "{\"traceEvents\":");

    /// <summary>Reports, and writes the trace.</summary>
    /// <exception cref="IOException">It cannot be written; an older one is unchanged.</exception>
    public void Dispose()
    {
        pipeline.Profiler = null;
        terminal.Error.Write(profiler.ToTable());
        if (path is null)
            return;
        try
        {
            ReplacedFile.Write(path, profiler.WriteChromeTrace);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"the trace '{path}': {FailureReason.Of(e, path)}", e);
        }
        terminal.Note($"trace written to {path}");
    }
}
