using Blip.Kernels.Devices;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>Times a captioner's steps until it is disposed, and then tells.</summary>
internal sealed class ProfileReport : IDisposable
{
    private readonly Terminal terminal;
    private readonly Captioner captioner;
    private readonly Profiler profiler = new();
    private readonly FileStream? trace;

    /// <summary>Begins to time.</summary>
    /// <exception cref="UsageException">The trace file cannot be written.</exception>
    public ProfileReport(Terminal terminal, Captioner captioner, string? path)
    {
        (this.terminal, this.captioner) = (terminal, captioner);
        try
        {
            trace = path is null ? null : File.Create(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--profile cannot be written: {e.Message}", e);
        }
        captioner.Profiler = profiler;
    }

    /// <summary>Writes the table to standard error and the trace to its file.</summary>
    public void Dispose()
    {
        captioner.Profiler = null;
        terminal.Error.Write(profiler.ToTable());
        if (trace is null)
            return;
        profiler.WriteChromeTrace(trace);
        trace.Dispose();
        terminal.Say($"trace written to {trace.Name}");
    }
}
