using System.IO.Hashing;

namespace Blip.Bootstrapping.Engine;

/// <summary>Files that are there whole or not at all, whatever ends the process.</summary>
internal static class AtomicFile
{
    private const string Temporary = ".tmp";

    /// <summary>Writes a file beside its place, brings it to the disk and gives it its name; an older one is replaced.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes to the temporary path.</param>
    public static async Task WriteAsync(string path, Func<string, Task> write)
    {
        var temporary = TemporaryOf(path);
        try
        {
            await write(temporary).ConfigureAwait(false);
            using (var file = new FileStream(temporary, FileMode.Open, FileAccess.ReadWrite))
                file.Flush(flushToDisk: true);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>The same for bytes that are ready.</summary>
    public static Task WriteAsync(string path, ReadOnlyMemory<byte> bytes) =>
        WriteAsync(path, temporary => File.WriteAllBytesAsync(temporary, bytes));

    /// <summary>Makes a file unless there is one; of several processes one makes it.</summary>
    /// <returns>True where this process made it.</returns>
    public static async Task<bool> TryCreateAsync(string path, ReadOnlyMemory<byte> bytes)
    {
        if (File.Exists(path))
            return false;
        var temporary = TemporaryOf(path);
        try
        {
            await File.WriteAllBytesAsync(temporary, bytes).ConfigureAwait(false);
            using (var file = new FileStream(temporary, FileMode.Open, FileAccess.ReadWrite))
                file.Flush(flushToDisk: true);
            File.Move(temporary, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    // Two writers never share a temporary file: one would empty what the other has just given its name.
    private static string TemporaryOf(string path) => $"{path}.{Guid.NewGuid():N}{Temporary}";

    /// <summary>Size and XxHash128 of a file.</summary>
    public static async Task<(long Bytes, string Hash)> DigestAsync(string path, CancellationToken cancellationToken)
    {
        var hash = new XxHash128();
        await using var file = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan | FileOptions.Asynchronous);
        await hash.AppendAsync(file, cancellationToken).ConfigureAwait(false);
        return (file.Length, Convert.ToHexStringLower(hash.GetCurrentHash()));
    }
}
