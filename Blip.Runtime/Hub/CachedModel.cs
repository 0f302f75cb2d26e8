namespace Blip.Runtime.Hub;

/// <summary>One commit of a model in the cache.</summary>
/// <param name="Name">The model's name on the hub.</param>
/// <param name="Commit">The commit.</param>
/// <param name="Revisions">
/// The branches and tags that name it; none for a commit that a newer one has replaced, or that is not whole.
/// </param>
/// <param name="Folder">The folder with its files.</param>
/// <param name="Kind">
/// Blip's task for it: <c>captioner</c>, <c>matcher</c>, <c>answerer</c>, <c>embedder</c>, or <c>blip</c> where its config does not
/// tell; null for a model that is none of Blip's.
/// </param>
/// <param name="Precision">The format of most of its weights, such as <c>fp32</c>; null where they are not here, or not read.</param>
/// <param name="IsWhole">Whether config and weights are here.</param>
/// <param name="Bytes">Bytes of its files, including files that other commits share.</param>
/// <param name="LastUsed">When a file of it was read last, as far as the file system keeps count.</param>
public sealed record CachedModel(
    string Name, string Commit, IReadOnlyList<string> Revisions, string Folder, string? Kind, string? Precision, bool IsWhole, long Bytes,
    DateTimeOffset LastUsed);
