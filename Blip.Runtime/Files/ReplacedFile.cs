using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Blip.Runtime.Files;

/// <summary>
/// A file that is written beside its place and renamed when whole: it is complete or unchanged, however the process ends. The writer locks
/// the file beside it, which tells an active writer from the remains of a killed one.
/// </summary>
internal sealed partial class ReplacedFile : IDisposable
{
    private const int OpenReadOnly = 0;

    // An active writer's file is unlocked for a moment when it has just been made, and when its last bytes have just been written.
    private static readonly TimeSpan Unlocked = TimeSpan.FromMilliseconds(250);

    // Windows renames an open file only with this sharing.
    private static readonly FileShare Alone = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;

    private readonly string path;
    private string beside;
    private bool keeps, ended;

    private ReplacedFile(string path, string beside, FileMode mode, bool keeps)
    {
        (this.path, this.beside, this.keeps) = (path, beside, keeps);
        Stream = new FileStream(beside, mode, FileAccess.ReadWrite, Alone);
    }

    public FileStream Stream { get; }

    /// <summary>The target of a link; any other file itself.</summary>
    public static string Target(string path) =>
        new FileInfo(path).LinkTarget is null
            ? path
            // .NET resolves a link by a bare name from the root of the disk.
            : File.ResolveLinkTarget(Path.GetFullPath(path), returnFinalTarget: true)!.FullName;

    /// <summary>Begins a file with a temporary name; without <see cref="Commit"/> it is removed. A link leads to its target.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static ReplacedFile Begin(string path)
    {
        path = Target(path);
        // Two writers never share a temporary file.
        return new ReplacedFile(path, $"{path}.{Guid.NewGuid():N}.tmp", FileMode.CreateNew, keeps: false);
    }

    /// <summary>
    /// Continues or begins the file <paramref name="beside"/>, whose name others know; without <see cref="Commit"/> it stays for the next
    /// time. <paramref name="path"/> is no link.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written, or another process is writing it.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static ReplacedFile GoOn(string path, string beside) =>
        new FileInfo(beside).LinkTarget is null
            ? new(path, beside, FileMode.OpenOrCreate, keeps: true)
            : throw new IOException($"'{beside}' is a link; remove it.");

    /// <summary>Writes a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its content.</param>
    /// <param name="overwrite">Whether an older file is replaced; otherwise it is an <see cref="IOException"/>.</param>
    /// <param name="toDisk">Whether the file also survives a power loss; this costs disk time.</param>
    /// <exception cref="IOException">The file cannot be written; an older one is unchanged.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static void Write(string path, Action<Stream> write, bool overwrite = true, bool toDisk = true)
    {
        using var file = Begin(path);
        write(file.Stream);
        file.Commit(overwrite, toDisk);
    }

    /// <summary>For an asynchronous writer.</summary>
    /// <inheritdoc cref="Write"/>
    public static async Task WriteAsync(string path, Func<Stream, Task> write)
    {
        using var file = Begin(path);
        await write(file.Stream).ConfigureAwait(false);
        file.Commit();
    }

    /// <summary>Makes a file unless there is one. Of several processes, only one gets true.</summary>
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

    /// <summary>Gives a whole file its name; with <paramref name="toDisk"/> the name survives a power loss.</summary>
    public static void Publish(string beside, string path, bool overwrite = true, bool toDisk = true)
    {
        File.Move(beside, path, overwrite);
        if (toDisk)
            FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Removes remains of killed writers. An active writer's file is locked, and stays.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">Their names begin with it.</param>
    /// <param name="othersWrite">Whether others may write there now: files of the last moment stay, too.</param>
    public static void RemoveUnfinished(string folder, string name = "", bool othersWrite = false)
    {
        var all = new EnumerationOptions { AttributesToSkip = 0 };
        foreach (var file in Directory.EnumerateFiles(folder, "*", all).Where(file => Unfinished().IsMatch(file)).ToList())
        {
            if (Path.GetFileName(file).StartsWith(name, StringComparison.Ordinal)
                && (!othersWrite || (DateTime.UtcNow - File.GetLastWriteTimeUtc(file)).Duration() > Unlocked))
                RemoveUnlessLocked(file);
        }
    }

    /// <summary>Gives the file beside its place a name that others know; it stays for the next time.</summary>
    public void KeepAs(string name)
    {
        Stream.Flush(flushToDisk: true);
        File.Move(beside, name, overwrite: true);
        (beside, keeps) = (name, true);
    }

    /// <summary>Ends the file and gives it its name; see <see cref="Write"/>.</summary>
    public void Commit(bool overwrite = true, bool toDisk = true)
    {
        Stream.Flush(toDisk);
        KeepMode();
        // Where others know the name beside its place, the lock is held until the move, so that none continues the file. Elsewhere a reader
        // that opens the file at once must not meet a lock.
        if (!keeps)
            Stream.Dispose();
        Publish(beside, path, overwrite, toDisk);
        ended = true;
        Stream.Dispose();
    }

    /// <summary>Removes the file beside its place.</summary>
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

    // A file that only its owner could read stays private.
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

    // A name is on disk when its folder is. Windows writes names through by itself.
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

    // The second form is that of older versions' packed caches.
    [GeneratedRegex(@"\.(?:[0-9a-f]{32}\.tmp|unfinished-[0-9a-f]{32})$")]
    private static partial Regex Unfinished();
}
