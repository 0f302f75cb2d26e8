using System.Collections;

namespace Blip.Datasets.Parquet;

/// <summary>
/// The images of a Parquet file as a list. Names are read at once, images on demand. The last row group stays in memory, so reading in
/// order reads each once. Thread-safe.
/// </summary>
public sealed class ParquetImages : IReadOnlyList<(string Name, Func<byte[]> Read)>
{
    private readonly Lock gate = new();
    private readonly string path;
    private readonly ParquetRows rows;
    private readonly List<(string Name, string? Path)> images = [];
    private readonly List<int> starts = [];
    private (int Group, byte[]?[] Bytes) held = (-1, []);

    private ParquetImages(string path, ParquetRows rows) => (this.path, this.rows) = (path, rows);

    /// <inheritdoc/>
    public int Count => images.Count;

    /// <summary>An image.</summary>
    /// <param name="index">The row, from 0.</param>
    /// <returns>
    /// The row's path, name or key, and a function for the bytes. It throws <see cref="DatasetException"/> for a missing image or a damaged
    /// file, and <see cref="IOException"/> for an unreadable image file.
    /// </returns>
    public (string Name, Func<byte[]> Read) this[int index] => (images[index].Name, () => Read(index));

    /// <summary>Lists the images of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Column names; null for the defaults.</param>
    /// <exception cref="DatasetException">The file is missing, damaged, or without images.</exception>
    public static ParquetImages Open(string path, DatasetOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return OpenAsync(path, options ?? new DatasetOptions()).GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public IEnumerator<(string Name, Func<byte[]> Read)> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static async Task<ParquetImages> OpenAsync(string path, DatasetOptions options)
    {
        await using var file = await ParquetFile.OpenAsync(path, path);
        var rows = new ParquetRows(ParquetLayout.Of(path, file.Schema, options), ParquetShard.Root(path, options));
        var list = new ParquetImages(path, rows);
        for (var group = 0; group < file.RowGroups; group++)
        {
            list.starts.Add(list.images.Count);
            var (keys, paths) = await file.ReadAsync(
                group, async reader => (await rows.KeysAsync(reader, default), await rows.PathsAsync(reader, default)));
            for (var row = 0; row < keys.Length; row++)
                list.images.Add((NameOf(paths[row], keys[row], list.images.Count), paths[row]));
        }
        return list;
    }

    private static string NameOf(string? path, string? key, int row) =>
        !string.IsNullOrWhiteSpace(path) ? path : !string.IsNullOrWhiteSpace(key) ? key : ParquetRows.KeyOfRow(row);

    private byte[] Read(int index)
    {
        var (name, imagePath) = images[index];
        var found = starts.BinarySearch(index);
        // Empty row groups begin where the next one does: the last one with this start has the row.
        var group = found < 0 ? ~found - 1 : starts.LastIndexOf(index);
        byte[]? bytes;
        lock (gate)
        {
            if (held.Group != group)
                held = (group, ReadGroup(group));
            bytes = held.Bytes[index - starts[group]];
        }
        var (image, error) = rows.Image(name, bytes, imagePath);
        return image?.Read() ?? throw new DatasetException($"{path}, row {index + 1} ({name}): {error}");
    }

    private byte[]?[] ReadGroup(int group)
    {
        // Frees one row group before it reads another.
        held = (-1, []);
        return ReadAsync().GetAwaiter().GetResult();

        async Task<byte[]?[]> ReadAsync()
        {
            await using var file = await ParquetFile.OpenAsync(path, path);
            return await file.ReadAsync(group, reader => rows.BytesAsync(reader, default));
        }
    }
}
