using System.Globalization;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Files;
using Blip.Runtime.Tracing;

namespace Blip.Cli.Output;

/// <summary>A trace's file. It replaces only another trace, atomically.</summary>
internal static class TraceOutput
{
    /// <summary>Checks, before the model is loaded, that the file can be created.</summary>
    /// <exception cref="UsageException">It cannot be created, or would replace another file than a trace.</exception>
    public static void Check(string path)
    {
        OutputFile.CheckPlace(path);
        if (File.Exists(path) && !TraceFile.IsTrace(path))
            throw new UsageException($"--output is '{path}', which is there and is no trace; name another file, or remove that one.");
    }

    /// <exception cref="UsageException">It cannot be written.</exception>
    public static void Write(string path, ModelTrace trace)
    {
        try
        {
            ReplacedFile.Write(path, trace.Write);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--output cannot be written: {FailureReason.WithPath(e)}.", e);
        }
    }

    public static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB");
}
