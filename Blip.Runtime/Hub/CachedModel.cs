namespace Blip.Runtime.Hub;

/// <summary>One commit of a model in the cache.</summary>
/// <param name="Name">The model's name on the hub.</param>
/// <param name="Commit">The commit.</param>
/// <param name="Revisions">The branches and tags that name it; none if it was replaced by a newer one or is incomplete.</param>
/// <param name="Folder">The folder with its files.</param>
/// <param name="Kind">
/// Blip's task for it: <c>captioner</c>, <c>matcher</c>, <c>answerer</c>, <c>embedder</c>, or <c>blip</c> if its config does not tell;
/// null for models that Blip cannot run.
/// </param>
/// <param name="Precision">The format of most of its weights, such as <c>fp32</c>; null if they are missing or unread.</param>
/// <param name="IsWhole">Whether config and weights are present.</param>
/// <param name="Bytes">Bytes of its files, including those shared with other commits.</param>
/// <param name="LastUsed">When one of its files was last read, if the file system records it.</param>
public sealed record CachedModel(
    string Name, string Commit, IReadOnlyList<string> Revisions, string Folder, string? Kind, string? Precision, bool IsWhole, long Bytes,
    DateTimeOffset LastUsed);
