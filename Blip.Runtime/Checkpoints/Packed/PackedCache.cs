using Blip.Runtime.Files;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// Packed weights in a file, so that the next process need not pack them. It may be deleted at any time. An unfit file is rewritten; a
/// failure to write is a notice, not an error.
/// </summary>
internal sealed class PackedCache
{
    private const string Damaged = "is damaged";

    private readonly int packing;
    private readonly byte[] identity;
    private readonly List<string> notices = [];

    /// <summary>Another packing version gives other bytes. The file need not exist.</summary>
    /// <exception cref="CheckpointException">A file of the source cannot be read.</exception>
    public PackedCache(string path, ITensorSource source, int packing)
    {
        (Path, this.packing) = (path, packing);
        identity = PackedIdentity.Of(source.Files);
    }

    public string Path { get; }

    /// <summary>Faults of the file, for the user.</summary>
    public IReadOnlyList<string> Notices => notices;

    /// <summary>Reads the whole file; null where it is sound or absent.</summary>
    public string? Flaw()
    {
        using var file = PackedFile.Open(Path, packing, identity, out var flaw);
        return flaw ?? (file?.IsWhole() == false ? Damaged : null);
    }

    /// <summary>Opens the file if it holds just these matrices; reading them finds damage.</summary>
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

    public void RefuseDamaged() => Refuse(Damaged);

    /// <summary>
    /// Gives <paramref name="fill"/> a sink for the bytes of each matrix in turn. False if writing failed; then some matrices may not have
    /// been asked for.
    /// </summary>
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
            notices.Add($"the cache {Path} cannot be written, and the model is packed again each time: {FailureReason.Of(e)}. Name a "
                + $"folder for it that can be written to");
            return false;
        }
    }

    private void Refuse(string flaw) => notices.Add($"the cache {Path} {flaw}; it is written anew");

    public delegate void Sink(ReadOnlySpan<byte> packed);
}
