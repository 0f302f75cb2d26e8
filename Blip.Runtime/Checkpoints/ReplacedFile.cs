using System.Text.RegularExpressions;

namespace Blip.Runtime.Checkpoints;

/// <summary>Files that are there whole or as they were before, whatever ends the process.</summary>
internal static partial class ReplacedFile
{
    /// <summary>Removes what a killed writer left in a folder, of which no other writer may be at work.</summary>
    /// <param name="folder">The folder.</param>
    public static void RemoveUnfinished(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*.tmp").Where(file => Unfinished().IsMatch(file)).ToList())
            File.Delete(file);
    }

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

    [GeneratedRegex(@"\.[0-9a-f]{32}\.tmp$")]
    private static partial Regex Unfinished();
}
