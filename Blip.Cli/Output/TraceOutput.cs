using System.Globalization;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Files;
using Blip.Runtime.Tracing;

namespace Blip.Cli.Output;

/// <summary>The file of a trace. It replaces a trace and no other file, and is there whole or not at all.</summary>
internal static class TraceOutput
{
    /// <summary>Checks that the file can be made, before the model is loaded.</summary>
    /// <exception cref="UsageException">It cannot, or something that is no trace is there.</exception>
    public static void Check(string path)
    {
        OutputFile.CheckPlace(path);
        if (File.Exists(path) && !TraceFile.IsTrace(path))
            throw new UsageException($"--output is '{path}', which is there and is no trace; name another file, or remove that one.");
    }

    /// <summary>Writes the file.</summary>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public static void Write(string path, ModelTrace trace)
    {
        try
        {
            ReplacedFile.Write(path, trace.Write);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--output cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Bytes in words.</summary>
    public static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB");
}
