namespace Blip.Runtime.Hub;

/// <summary>A model whose files are in the cache.</summary>
/// <param name="Name">Its name on the hub.</param>
/// <param name="Revision">The requested revision.</param>
/// <param name="Commit">The revision's commit.</param>
/// <param name="Folder">The folder with its files, which a pipeline loads like the name.</param>
/// <param name="Files">The requested files, by their paths in the folder.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="DownloadedBytes">Bytes downloaded for it; 0 if all were present.</param>
public sealed record PulledModel(
    string Name, string Revision, string Commit, string Folder, IReadOnlyList<string> Files, long Bytes, long DownloadedBytes);
