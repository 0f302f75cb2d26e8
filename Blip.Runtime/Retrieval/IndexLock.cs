using Blip.Runtime.Files;

namespace Blip.Runtime.Retrieval;

/// <summary>Keeps other writers from an index until it is disposed, or the process ends.</summary>
internal sealed class IndexLock : IDisposable
{
    private const string Mark = ".lock";

    private readonly string name;
    private readonly FileStream file;
    private readonly DateTime stamp;

    private IndexLock(string name, FileStream file)
    {
        (this.name, this.file) = (name, file);
        // A random time tells a replaced file apart.
        File.SetLastWriteTimeUtc(file.SafeFileHandle, DateTime.UtcNow - TimeSpan.FromTicks(Random.Shared.NextInt64(TimeSpan.TicksPerHour)));
        stamp = File.GetLastWriteTimeUtc(file.SafeFileHandle);
    }

    /// <summary>Whether the locked file still has its name; otherwise another process may write.</summary>
    public bool IsHeld => new FileInfo(name) is { Exists: true } there && there.LastWriteTimeUtc == stamp;

    public static IndexLock Take(string path)
    {
        var name = path + Mark;
        try
        {
            // The file is never deleted: two processes could then lock different files.
            return new IndexLock(name, new FileStream(name, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        }
        catch (DirectoryNotFoundException e)
        {
            throw new IndexException($"{path}: there is no folder for it; make it first.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IndexException($"{path}: it cannot be written to: {FailureReason.Of(e)}; name a place that can.", e);
        }
        catch (IOException e) when (FailureReason.IsHeld(e))
        {
            throw new IndexException(
                $"{path}: another process is writing to it ('{name}' is locked); wait for it, or name another index.", e);
        }
        catch (IOException e)
        {
            throw new IndexException($"{path}: it cannot be written to: {FailureReason.Of(e)}.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
