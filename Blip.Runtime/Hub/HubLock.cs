namespace Blip.Runtime.Hub;

/// <summary>
/// Keeps other processes from the same blob. Hugging Face's tools take the same lock on the same file, on Unix with the same system call.
/// </summary>
internal static class HubLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits for the lock; it is held until the file is disposed, or the process ends in any way.</summary>
    /// <param name="path">The lock's file. It stays: one that is deleted could be locked by two.</param>
    /// <param name="wait">Is called once where another process holds it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="HubException">The folder cannot be written to.</exception>
    public static async Task<IDisposable> TakeAsync(string path, Action wait, CancellationToken cancellationToken)
    {
        for (var told = false; ; told = true)
        {
            if (Try(path) is { } file)
                return file;
            if (!told)
                wait();
            await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the lock, or null where another process holds it.</summary>
    /// <exception cref="HubException">The folder cannot be written to.</exception>
    public static IDisposable? Try(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or DirectoryNotFoundException
            || (e is IOException && (Disk.IsFull(e) || !File.Exists(path))))
        {
            throw new HubException($"'{path}' cannot be written: {e.Message.TrimEnd('.')}. HF_HOME names another folder for the cache.", e);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
