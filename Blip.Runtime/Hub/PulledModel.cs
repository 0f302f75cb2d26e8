namespace Blip.Runtime.Hub;

/// <summary>A model whose files are in the cache.</summary>
/// <param name="Name">Its name on the hub.</param>
/// <param name="Revision">The revision that was asked for.</param>
/// <param name="Commit">The commit that it is.</param>
/// <param name="Folder">The folder with its files, which a pipeline loads as it loads the name.</param>
/// <param name="Files">The files that were asked for, by their paths in it.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="DownloadedBytes">Bytes that came over the network for it; 0 where all was here.</param>
public sealed record PulledModel(
    string Name, string Revision, string Commit, string Folder, IReadOnlyList<string> Files, long Bytes, long DownloadedBytes);
