namespace Blip.Runtime.Checkpoints;

/// <summary>Files that are there whole or as they were before, whatever ends the process.</summary>
internal static class ReplacedFile
{
    /// <summary>Writes a file beside its place, brings it to the disk and gives it its name; an older one is replaced.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its content.</param>
    /// <exception cref="IOException">It cannot be written; the older one is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        // Two writers never share a temporary file.
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var file = File.Create(temporary))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
