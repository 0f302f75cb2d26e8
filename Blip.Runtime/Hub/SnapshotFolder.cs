using System.Text;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Files;

namespace Blip.Runtime.Hub;

/// <summary>
/// One commit of a model in the cache, with the layout of Hugging Face's tools: blobs by hash, and a folder of links to them.
/// </summary>
internal sealed class SnapshotFolder(HubCache cache, string name, string commit, bool links)
{
    private readonly string model = cache.ModelFolder(name);

    public string Folder => Path.Combine(model, "snapshots", commit);

    public string Blob(string tag) => Path.Combine(model, "blobs", tag);

    /// <summary>The lock file of a blob.</summary>
    public string Lock(string tag) => Path.Combine(cache.Folder, ".locks", HubCache.FolderName(name), $"{tag}.lock");

    public string File(string path) => Path.Combine([Folder, .. path.Split('/')]);

    /// <summary>Whether a file is complete; a null size is unknown.</summary>
    public bool Holds(string path, long? size) => LengthOf(File(path)) is { } length && (size is null || size == length);

    /// <summary>The length of a file or a link's target; null if there is none.</summary>
    public static long? LengthOf(string path)
    {
        var file = new FileInfo(path);
        var target = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo;
        return target is { Exists: true } ? target.Length : null;
    }

    /// <summary>
    /// Makes a blob a file of the snapshot. Without links, a new blob, which nothing else uses, is moved; another is copied.
    /// </summary>
    /// <exception cref="HubException">The folder cannot be written to.</exception>
    public void Link(string path, string tag, bool isNew)
    {
        var file = File(path);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            if (!links || !TryLink(file, Path.Combine([.. path.Split('/').Select(_ => ".."), "..", "blobs", tag])))
                Place(Blob(tag), file, isNew);
        }
        catch (Exception e) when (Disk.Refuses(e))
        {
            throw Unwritable(e);
        }
    }

    /// <summary>Makes a branch or tag name this commit.</summary>
    /// <exception cref="HubException">The folder cannot be written to.</exception>
    public void Name(string revision)
    {
        if (revision == commit)
            return;
        var file = Path.Combine([model, "refs", .. revision.Split('/')]);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            ReplacedFile.Write(file, stream => stream.Write(Encoding.ASCII.GetBytes(commit)));
        }
        catch (Exception e) when (Disk.Refuses(e))
        {
            throw Unwritable(e);
        }
    }

    // A link replaces the old file atomically.
    private static bool TryLink(string file, string target)
    {
        var beside = $"{file}.{Guid.NewGuid():N}.tmp";
        try
        {
            System.IO.File.CreateSymbolicLink(beside, target);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or PlatformNotSupportedException
            || (e is IOException && !FailureReason.IsDiskFull(e)))
        {
            return false;
        }
        System.IO.File.Move(beside, file, overwrite: true);
        return true;
    }

    private static void Place(string blob, string file, bool isNew)
    {
        if (isNew)
        {
            ReplacedFile.Publish(blob, file);
            return;
        }
        using var source = System.IO.File.OpenRead(blob);
        ReplacedFile.Write(file, source.CopyTo);
    }

    private HubException Unwritable(Exception e) => new(
        FailureReason.IsDiskFull(e)
            ? $"the disk with '{cache.Folder}' is full: make room and go on, or name another folder by HF_HOME."
            : $"'{model}' cannot be written to: {Disk.Reason(e)}. HF_HOME names another folder for the cache.",
        e);
}
