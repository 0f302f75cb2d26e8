using System.Text;

namespace Blip.Cli.Output;

/// <summary>The file that <c>--output</c> names, or another option.</summary>
internal static class OutputFile
{
    /// <summary>Checks that the file can be made, before the model is loaded and without touching what is there.</summary>
    /// <exception cref="UsageException">It cannot.</exception>
    /// <param name="path">The file; null for none.</param>
    /// <param name="option">The option that names it.</param>
    public static void Check(string? path, string option = "--output")
    {
        if (path is null)
            return;
        if (Directory.Exists(path))
            throw new UsageException($"{option} is '{path}', which is a folder; name a file in it.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            throw new UsageException($"{option} is '{path}', and there is no folder '{folder}'; make it first.");
    }

    /// <summary>Opens the file for text; null where there is none.</summary>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public static StreamWriter? OpenText(string? path) =>
        path is null ? null : new StreamWriter(Open(path), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));

    /// <summary>Opens the file.</summary>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public static FileStream Open(string path)
    {
        try
        {
            return File.Create(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--output cannot be written: {e.Message}", e);
        }
    }
}
