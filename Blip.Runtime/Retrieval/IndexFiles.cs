using System.Globalization;
using System.Runtime.InteropServices;
using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Retrieval;

/// <summary>The files of an index: <c>NAME</c>, its journal; <c>NAME.vectors-1</c>, the vectors that this journal speaks of; <c>NAME.lock</c>, held by whoever writes.</summary>
internal static partial class IndexFiles
{
    private const string VectorsMark = ".vectors-", UnfinishedMark = ".unfinished", LockMark = ".lock";
    private const int OpenReadOnly = 0;

    /// <summary>Where the vectors of a journal lie.</summary>
    public static string Vectors(string path, long generation) => string.Create(CultureInfo.InvariantCulture, $"{path}{VectorsMark}{generation}");

    /// <summary>A journal that is not in its place yet.</summary>
    public static string Unfinished(string path) => path + UnfinishedMark;

    /// <summary>Keeps other writers out until it is disposed, or the process ends in whatever way.</summary>
    /// <exception cref="IndexException">Another writer is at work, or the folder cannot be written to.</exception>
    public static FileStream Lock(string path)
    {
        var name = path + LockMark;
        try
        {
            // The file stays: one that is deleted could be locked by two, each with a file of its own.
            return new FileStream(name, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (DirectoryNotFoundException e)
        {
            throw new IndexException($"{path}: there is no folder for it; make it first.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IndexException($"{path}: it cannot be written to: {e.Message.TrimEnd('.')}; name a place that can.", e);
        }
        catch (IOException e)
        {
            throw new IndexException($"{path}: another process is writing to it ('{name}' is locked); wait for it, or name another index. ({e.Message.TrimEnd('.')})", e);
        }
    }

    /// <summary>Removes what a killed writer left behind: vectors of no journal, and a journal in no place. Only for who holds the lock.</summary>
    public static void RemoveLeftovers(string path, long generation)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var vectors = Path.GetFileName(Vectors(path, generation));
        foreach (var file in Directory.EnumerateFiles(folder, Path.GetFileName(path) + VectorsMark + "*"))
        {
            if (Path.GetFileName(file) != vectors && long.TryParse(file[(file.LastIndexOf('-') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _))
                File.Delete(file);
        }
        File.Delete(Unfinished(path));
    }

    /// <summary>Gives a file that is on disk its name, for good: the folder is on disk, too, when this returns.</summary>
    public static void Publish(string unfinished, string path)
    {
        File.Move(unfinished, path, overwrite: true);
        FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>A checksum of 64 bits.</summary>
    public static ulong Digest(ReadOnlySpan<byte> bytes)
    {
        var digest = PackedDigest.Of(bytes);
        return (ulong)(digest >> 64) ^ (ulong)digest;
    }

    // A name is on disk when its folder is. Windows writes names through by itself, and has no way to ask.
    private static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var file = OpenFile(folder, OpenReadOnly);
        if (file < 0)
            return;
        _ = Flush(file);
        _ = Close(file);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Flush(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
