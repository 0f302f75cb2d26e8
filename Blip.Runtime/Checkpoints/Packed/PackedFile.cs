namespace Blip.Runtime.Checkpoints;

/// <summary>
/// A fully checked file of packed weights. It is read and not mapped, because cutting a mapped file short would kill the process.
/// </summary>
internal sealed class PackedFile : IDisposable
{
    private readonly MappedFile file;
    private readonly IReadOnlyList<PackedLayout.Entry> entries;

    private PackedFile(MappedFile file, IReadOnlyList<PackedLayout.Entry> entries) => (this.file, this.entries) = (file, entries);

    public IReadOnlyList<PackedTensor> Tensors => [.. entries.Select(entry => entry.Tensor)];

    /// <summary>False where the matrix differs from the written one.</summary>
    public bool TryRead(int index, Span<byte> destination)
    {
        try
        {
            file.Read(entries[index].Offset, destination);
        }
        catch (CheckpointException)
        {
            return false;
        }
        return PackedDigest.Of(destination) == entries[index].Digest;
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    /// <summary>Null without a flaw where there is no file; null with a flaw where it cannot be used.</summary>
    internal static PackedFile? Open(string path, int packing, ReadOnlySpan<byte> identity, out string? flaw)
    {
        flaw = null;
        if (!File.Exists(path))
            return null;
        MappedFile? file = null;
        try
        {
            file = new MappedFile(path);
            if (PackedLayout.Read(file, packing, identity, out flaw) is { } entries)
                return new PackedFile(file, entries);
        }
        catch (CheckpointException)
        {
            flaw = "is empty or cannot be read";
        }
        file?.Dispose();
        return null;
    }

    /// <summary>Whether these are its matrices in order.</summary>
    internal bool Holds(IEnumerable<PackedTensor> tensors) => entries.Select(entry => entry.Tensor).SequenceEqual(tensors);

    /// <summary>Whether every matrix equals the written one. Reads all of it on all cores.</summary>
    internal bool IsWhole() => Each(index => TryRead(index, new byte[entries[index].Tensor.Bytes]));

    /// <summary>Visits each matrix on all cores from front to back; false where one visit gave false.</summary>
    internal bool Each(Func<int, bool> work)
    {
        var next = -1;
        var whole = true;
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(0, Math.Min(options.MaxDegreeOfParallelism, entries.Count), options, _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < entries.Count
                && Volatile.Read(ref whole); i = Interlocked.Increment(ref next))
            {
                if (!work(i))
                    Volatile.Write(ref whole, false);
            }
        });
        return whole;
    }
}
