namespace Blip.Runtime.Checkpoints;

/// <summary>A file of packed weights, mapped into memory and checked from its first byte to its last.</summary>
internal sealed class PackedFile : IDisposable
{
    private readonly MappedFile file;
    private readonly IReadOnlyList<PackedLayout.Entry> entries;

    private PackedFile(MappedFile file, IReadOnlyList<PackedLayout.Entry> entries) => (this.file, this.entries) = (file, entries);

    /// <summary>Where the mapping begins.</summary>
    public nint Address => file.Address;

    /// <summary>Length of the mapping; at least 4096 bytes of it lie behind the last matrix.</summary>
    public long Length => file.Length;

    /// <summary>The matrices and their offsets in the mapping, in their order.</summary>
    public IEnumerable<(PackedTensor Tensor, long Offset)> Tensors => entries.Select(entry => (entry.Tensor, entry.Offset));

    /// <summary>The bytes of the matrix at an offset.</summary>
    public ReadOnlySpan<byte> Span(long offset, long bytes) => file.Span(offset, checked((int)bytes));

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    /// <summary>Opens a file. Null where there is none, and no flaw; null and a flaw where it cannot be used.</summary>
    internal static PackedFile? Open(string path, int packing, ReadOnlySpan<byte> identity, out string? flaw)
    {
        flaw = null;
        if (!File.Exists(path))
            return null;
        MappedFile file;
        try
        {
            file = new MappedFile(path);
        }
        catch (CheckpointException)
        {
            flaw = "is empty or cannot be read";
            return null;
        }
        if (PackedLayout.Read(file, packing, identity, out flaw) is { } entries)
            return new PackedFile(file, entries);
        file.Dispose();
        return null;
    }

    /// <summary>Whether these are the matrices that it holds, in this order.</summary>
    internal bool Holds(IEnumerable<PackedTensor> tensors) => entries.Select(entry => entry.Tensor).SequenceEqual(tensors);

    /// <summary>Whether every matrix is what was written. Reads all of it, on all cores, from front to back: memory that is wanted next.</summary>
    internal bool IsWhole()
    {
        var next = -1;
        var whole = true;
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(0, Math.Min(options.MaxDegreeOfParallelism, entries.Count), options, _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < entries.Count && Volatile.Read(ref whole); i = Interlocked.Increment(ref next))
            {
                if (PackedDigest.Of(Span(entries[i].Offset, entries[i].Tensor.Bytes)) != entries[i].Digest)
                    Volatile.Write(ref whole, false);
            }
        });
        return whole;
    }
}
