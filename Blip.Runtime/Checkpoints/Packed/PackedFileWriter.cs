namespace Blip.Runtime.Checkpoints;

/// <summary>
/// Writes a file of packed weights under another name, and gives it its own when it is whole: other processes see the old one, or none,
/// or the new one.
/// </summary>
internal sealed class PackedFileWriter : IDisposable
{
    private const string Unfinished = ".unfinished-";
    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(1);

    private readonly string path, temporary;
    private readonly IReadOnlyList<PackedTensor> tensors;
    private readonly List<PackedLayout.Entry> entries = [];
    private readonly long[] offsets;
    private readonly FileStream stream;

    /// <exception cref="IOException">The folder cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written to.</exception>
    public PackedFileWriter(string path, IReadOnlyList<PackedTensor> tensors)
    {
        (this.path, this.tensors) = (path, tensors);
        var table = PackedLayout.Table([.. tensors.Select(tensor => new PackedLayout.Entry(tensor, 0, 0))]).Length;
        offsets = PackedLayout.Offsets(PackedLayout.Pages(PackedLayout.HeaderBytes + table), tensors.Select(tensor => tensor.Bytes));
        RemoveAbandoned();
        temporary = $"{path}{Unfinished}{Guid.NewGuid():N}";
        stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        stream.SetLength(offsets[^1] + PackedLayout.Page);
    }

    /// <summary>Writes the next matrix.</summary>
    public void Add(ReadOnlySpan<byte> packed)
    {
        var i = entries.Count;
        stream.Position = offsets[i];
        stream.Write(packed);
        entries.Add(new PackedLayout.Entry(tensors[i], offsets[i], PackedDigest.Of(packed)));
    }

    /// <summary>Ends the file and puts it in its place.</summary>
    public void Commit(int packing, ReadOnlySpan<byte> identity)
    {
        var table = PackedLayout.Table(entries);
        stream.Position = 0;
        stream.Write(PackedLayout.Header(packing, identity, table, stream.Length));
        stream.Write(table);
        stream.Dispose();
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Removes what is unfinished.</summary>
    public void Dispose()
    {
        stream.Dispose();
        Remove(temporary);
    }

    // What processes that were killed left behind.
    private void RemoveAbandoned()
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        foreach (var file in Directory.EnumerateFiles(folder, Path.GetFileName(path) + Unfinished + "*"))
        {
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(file) > Abandoned)
                Remove(file);
        }
    }

    private static void Remove(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            System.Diagnostics.Trace.WriteLine($"{file} is left behind: {e.Message}");
        }
    }
}
