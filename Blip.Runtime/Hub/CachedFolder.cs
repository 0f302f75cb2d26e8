namespace Blip.Runtime.Hub;

internal sealed class CachedFolder(string folder)
{
    private const int LongestReference = 256;

    private static readonly EnumerationOptions All = new() { RecurseSubdirectories = true, AttributesToSkip = 0 };

    public string Path => folder;

    private string Blobs => System.IO.Path.Combine(folder, "blobs");

    private string Snapshots => System.IO.Path.Combine(folder, "snapshots");

    private string References => System.IO.Path.Combine(folder, "refs");

    /// <summary>Whether a file is directly among the blobs.</summary>
    public bool IsBlob(FileInfo file) => file.DirectoryName == new DirectoryInfo(Blobs).FullName;

    /// <summary>Whether a file is anywhere in the folder.</summary>
    public bool Holds(FileInfo file) =>
        file.FullName.StartsWith(new DirectoryInfo(folder).FullName + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal);

    public string Snapshot(string commit) => System.IO.Path.Combine(Snapshots, commit);

    public IReadOnlyList<string> Commits() => Directory.Exists(Snapshots)
        ? [.. Directory.EnumerateDirectories(Snapshots).Select(path => System.IO.Path.GetFileName(path)).Order(StringComparer.Ordinal)]
        : [];

    public IReadOnlyList<string> NamesOf(string commit) =>
        [
            .. ReferencesTo(commit).Select(file => System.IO.Path.GetRelativePath(References, file).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>The files in which branches and tags name a commit.</summary>
    public IEnumerable<string> ReferencesTo(string commit) => Directory.Exists(References)
        ? Directory.EnumerateFiles(References, "*", All)
            .Where(file => new FileInfo(file).Length <= LongestReference && File.ReadAllText(file).Trim() == commit)
        : [];

    /// <summary>A folder's files, with links replaced by their targets.</summary>
    public static IEnumerable<FileInfo> Files(string snapshot) => Directory.Exists(snapshot)
        ? Directory.EnumerateFiles(snapshot, "*", All).Select(path => new FileInfo(path))
            .Select(file => file.LinkTarget is null ? file : (FileInfo)file.ResolveLinkTarget(returnFinalTarget: true)!)
        : [];

    public long UnfinishedBytes() => Directory.Exists(Blobs)
        ? new DirectoryInfo(Blobs).EnumerateFiles($"*{BlobDownload.Unfinished}").Sum(file => file.Length)
        : 0;

    /// <summary>Bytes of the whole folder, without following links.</summary>
    public long Bytes() =>
        new DirectoryInfo(folder).EnumerateFiles("*", All).Where(file => file.LinkTarget is null).Sum(file => file.Length);
}
