using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Blip.Runtime.Files;

/// <summary>
/// A file that is written beside its place and renamed when it is whole: it is complete or unchanged, however the
/// process ends. The file beside it is locked by the process that writes it, so that others can tell a writer from the remains of a killed one.
/// </summary>
internal sealed partial class ReplacedFile : IDisposable
{
    private const int OpenReadOnly = 0;

    // Windows renames an open file where that is shared; elsewhere it is always so.
    private static readonly FileShare Alone = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;

    private readonly string path;
    private string beside;
    private bool keeps, ended;

    private ReplacedFile(string path, string beside, FileMode mode, bool keeps)
    {
        (this.path, this.beside, this.keeps) = (path, beside, keeps);
        Stream = new FileStream(beside, mode, FileAccess.ReadWrite, Alone);
    }

    /// <summary>Takes the content.</summary>
    public FileStream Stream { get; }

    /// <summary>The file that a link leads to; of another file, itself.</summary>
    public static string Target(string path) =>
        new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;

    /// <summary>Begins a file with a temporary name beside its place; without <see cref="Commit"/> it is removed.</summary>
    /// <param name="path">The file; of a link, the file that it leads to.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static ReplacedFile Begin(string path)
    {
        path = Target(path);
        // Two writers never share a temporary file.
        return new ReplacedFile(path, $"{path}.{Guid.NewGuid():N}.tmp", FileMode.CreateNew, keeps: false);
    }

    /// <summary>Goes on with a file beside its place, or begins it; without <see cref="Commit"/> it stays, for the next time.</summary>
    /// <param name="path">The file; not a link.</param>
    /// <param name="beside">The file beside it, which others know by its name.</param>
    /// <exception cref="IOException">It cannot be written, or another process is writing it.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static ReplacedFile GoOn(string path, string beside) => new(path, beside, FileMode.OpenOrCreate, keeps: true);

    /// <summary>Writes a file whole; an older one is replaced.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its content.</param>
    /// <param name="overwrite">Whether an older one is replaced; otherwise it is an <see cref="IOException"/>.</param>
    /// <param name="toDisk">Whether it also survives the loss of power, which costs the time of a disk.</param>
    /// <exception cref="IOException">It cannot be written; the older one is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static void Write(string path, Action<Stream> write, bool overwrite = true, bool toDisk = true)
    {
        using var file = Begin(path);
        write(file.Stream);
        file.Commit(overwrite, toDisk);
    }

    /// <summary>The same for a writer that waits.</summary>
    /// <inheritdoc cref="Write"/>
    public static async Task WriteAsync(string path, Func<Stream, Task> write)
    {
        using var file = Begin(path);
        await write(file.Stream).ConfigureAwait(false);
        file.Commit();
    }

    /// <summary>Makes a file unless there is one; of several processes one makes it.</summary>
    /// <returns>True where this process made it.</returns>
    public static bool TryCreate(string path, ReadOnlyMemory<byte> bytes)
    {
        if (File.Exists(path))
            return false;
        try
        {
            Write(path, file => file.Write(bytes.Span), overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    /// <summary>Gives a file that is whole its name, for good: the folder is on disk, too, when this returns.</summary>
    /// <param name="beside">The file under its other name.</param>
    /// <param name="path">The name it gets.</param>
    /// <param name="overwrite">Whether an older one is replaced.</param>
    /// <param name="toDisk">Whether the name also survives the loss of power.</param>
    public static void Publish(string beside, string path, bool overwrite = true, bool toDisk = true)
    {
        File.Move(beside, path, overwrite);
        if (toDisk)
            FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Removes the remains of killed writers in a folder; the file of an active writer is locked, and stays.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The beginning of each name.</param>
    public static void RemoveUnfinished(string folder, string name = "")
    {
        var all = new EnumerationOptions { AttributesToSkip = 0 };
        foreach (var file in Directory.EnumerateFiles(folder, "*", all).Where(file => Unfinished().IsMatch(file)).ToList())
        {
            if (Path.GetFileName(file).StartsWith(name, StringComparison.Ordinal))
                RemoveUnlessLocked(file);
        }
    }

    /// <summary>Gives the file beside its place a name that others know: it stays from now on, for the next time.</summary>
    public void KeepAs(string name)
    {
        Stream.Flush(flushToDisk: true);
        File.Move(beside, name, overwrite: true);
        (beside, keeps) = (name, true);
    }

    /// <summary>Ends the file and gives it its name.</summary>
    /// <param name="overwrite">Whether an older one is replaced; otherwise it is an <see cref="IOException"/>.</param>
    /// <param name="toDisk">Whether it also survives the loss of power.</param>
    public void Commit(bool overwrite = true, bool toDisk = true)
    {
        Stream.Flush(toDisk);
        KeepMode();
        // Where others know the name beside its place, the lock is held until the file is in its place: none of them goes on with it. Elsewhere
        // a reader that opens the file at once must not meet a lock.
        if (!keeps)
            Stream.Dispose();
        Publish(beside, path, overwrite, toDisk);
        ended = true;
        Stream.Dispose();
    }

    /// <summary>Removes the file beside its place: nothing in it is wanted.</summary>
    public void Discard()
    {
        if (ended)
            return;
        ended = true;
        File.Delete(beside);
        Stream.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!keeps)
            Discard();
        Stream.Dispose();
    }

    // Results that only their owner could read stay so.
    private void KeepMode()
    {
        if (!OperatingSystem.IsWindows() && File.Exists(path))
            File.SetUnixFileMode(Stream.SafeFileHandle, File.GetUnixFileMode(path));
    }

    private static void RemoveUnlessLocked(string file)
    {
        try
        {
            using (new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0))
                File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            System.Diagnostics.Trace.WriteLine($"{file} is left behind: {e.Message}");
        }
    }

    // A name is on disk when its folder is. Windows writes names through by itself, and has no way to ask.
    private static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var file = OpenFile(folder, OpenReadOnly);
        if (file < 0)
            return;
        _ = FlushFile(file);
        _ = CloseFile(file);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int FlushFile(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseFile(int file);

    // The second form belongs to packed caches of older versions.
    [GeneratedRegex(@"\.(?:[0-9a-f]{32}\.tmp|unfinished-[0-9a-f]{32})$")]
    private static partial Regex Unfinished();
}
