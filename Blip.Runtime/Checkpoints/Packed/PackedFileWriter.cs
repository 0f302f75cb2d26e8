using Blip.Runtime.Files;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// Writes packed weights under another name and renames the whole file. Other processes see the old file, none, or the new one.
/// </summary>
internal sealed class PackedFileWriter : IDisposable
{
    private readonly ReplacedFile file;
    private readonly IReadOnlyList<PackedTensor> tensors;
    private readonly List<PackedLayout.Entry> entries = [];
    private readonly long[] offsets;
    private readonly FileStream stream;

    /// <exception cref="IOException">The folder cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public PackedFileWriter(string path, IReadOnlyList<PackedTensor> tensors)
    {
        this.tensors = tensors;
        var table = PackedLayout.Table([.. tensors.Select(tensor => new PackedLayout.Entry(tensor, 0, 0))]).Length;
        offsets = PackedLayout.Offsets(PackedLayout.Pages(PackedLayout.HeaderBytes + table), tensors.Select(tensor => tensor.Bytes));
        ReplacedFile.RemoveUnfinished(Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileName(path), othersWrite: true);
        file = ReplacedFile.Begin(path);
        stream = file.Stream;
        try
        {
            stream.SetLength(offsets[^1] + PackedLayout.Page);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Add(ReadOnlySpan<byte> packed)
    {
        var i = entries.Count;
        stream.Position = offsets[i];
        stream.Write(packed);
        entries.Add(new PackedLayout.Entry(tensors[i], offsets[i], PackedDigest.Of(packed)));
    }

    public void Commit(int packing, ReadOnlySpan<byte> identity)
    {
        var table = PackedLayout.Table(entries);
        stream.Position = 0;
        stream.Write(PackedLayout.Header(packing, identity, table, stream.Length));
        stream.Write(table);
        // Readers notice damage by a power loss.
        file.Commit(toDisk: false);
    }

    public void Dispose() => file.Dispose();
}
