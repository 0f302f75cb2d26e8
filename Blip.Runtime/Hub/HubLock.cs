using Blip.Runtime.Files;

namespace Blip.Runtime.Hub;

/// <summary>Locks a blob against other processes. Hugging Face's tools lock the same file, on Unix with the same system call.</summary>
internal static class HubLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Waits for the lock, which is held until the file is disposed or the process ends. The lock file stays: after a deletion, two
    /// processes could hold the lock.
    /// </summary>
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

    /// <summary>Takes the lock; null if another process holds it.</summary>
    /// <exception cref="HubException">The folder cannot be written to.</exception>
    public static IDisposable? Try(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or DirectoryNotFoundException
            || (e is IOException && (FailureReason.IsDiskFull(e) || !File.Exists(path))))
        {
            throw new HubException($"'{path}' cannot be written: {FailureReason.Of(e)}. HF_HOME names another folder for the cache.", e);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
