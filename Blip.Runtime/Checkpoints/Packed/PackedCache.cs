namespace Blip.Runtime.Checkpoints;

/// <summary>
/// Packed weights in a file, so that the next process need not pack them. It may be deleted at any time; one that does not fit is
/// written anew, and one that cannot be written is a notice and no error.
/// </summary>
internal sealed class PackedCache
{
    private const string Damaged = "is damaged";

    private readonly int packing;
    private readonly byte[] identity;
    private readonly List<string> notices = [];

    /// <summary>A cache of a source's packed weights.</summary>
    /// <param name="path">The file, which need not exist.</param>
    /// <param name="source">The weights.</param>
    /// <param name="packing">Version of the packing: another one packs the same weights into other bytes.</param>
    /// <exception cref="CheckpointException">A file of the source cannot be read.</exception>
    public PackedCache(string path, ITensorSource source, int packing)
    {
        (Path, this.packing) = (path, packing);
        identity = PackedIdentity.Of(source.Files);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Notices for the user: why the file was not used, or could not be written.</summary>
    public IReadOnlyList<string> Notices => notices;

    /// <summary>The fault of the file, all of which is read: null for a sound file, or for none.</summary>
    public string? Flaw()
    {
        using var file = PackedFile.Open(Path, packing, identity, out var flaw);
        return flaw ?? (file?.IsWhole() == false ? Damaged : null);
    }

    /// <summary>Opens the file where it holds just these matrices; whether they are unharmed, reading each of them tells.</summary>
    public PackedFile? Open(IEnumerable<PackedTensor> tensors)
    {
        var file = PackedFile.Open(Path, packing, identity, out var flaw);
        if (file is not null && !file.Holds(tensors))
            flaw = "holds other matrices";
        if (flaw is null)
            return file;
        Refuse(flaw);
        file?.Dispose();
        return null;
    }

    /// <summary>Reports that a matrix differs from the written one.</summary>
    public void RefuseDamaged() => Refuse(Damaged);

    /// <summary>Writes the file.</summary>
    /// <param name="tensors">The matrices.</param>
    /// <param name="fill">Is given a sink that wants the bytes of each matrix in turn.</param>
    /// <returns>False where it could not be written; then not every matrix may have been asked for.</returns>
    public bool Write(IReadOnlyList<PackedTensor> tensors, Action<Sink> fill)
    {
        try
        {
            using var writer = new PackedFileWriter(Path, tensors);
            fill(writer.Add);
            writer.Commit(packing, identity);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            notices.Add($"the cache {Path} cannot be written, and the model is packed again each time: {e.Message.TrimEnd('.')}. Name a folder for it that can be written to");
            return false;
        }
    }

    private void Refuse(string flaw) => notices.Add($"the cache {Path} {flaw}; it is written anew");

    /// <summary>Takes the bytes of a matrix.</summary>
    public delegate void Sink(ReadOnlySpan<byte> packed);
}
