using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Blip.Datasets.Files;

namespace Blip.Datasets.Parquet;

/// <summary>A Parquet file, read row group by row group: one row group's columns are held at a time.</summary>
/// <param name="name">The shard's name.</param>
/// <param name="path">The file on this machine.</param>
/// <param name="options">Names of columns, and the folder that paths are relative to.</param>
internal sealed class ParquetShard(string name, string path, DatasetOptions options) : IDatasetShard
{
    public string Name => name;

    public async IAsyncEnumerable<Sample> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var file = await ParquetFile.OpenAsync(name, path, cancellationToken);
        var rows = new ParquetRows(ParquetLayout.Of(name, file.Schema, options), Root(path, options));
        var keys = new Keys.Unique(StringComparer.Ordinal);
        var index = 0;
        for (var group = 0; group < file.RowGroups; group++)
        {
            var columns = await file.ReadAsync(group, async reader => new Columns(
                await rows.KeysAsync(reader, cancellationToken), await rows.PathsAsync(reader, cancellationToken),
                await rows.BytesAsync(reader, cancellationToken), await rows.TextsAsync(reader, cancellationToken),
                await rows.FieldsAsync(reader, cancellationToken)));
            for (var row = 0; row < columns.Keys.Length; row++, index++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var key = keys.Next(string.IsNullOrWhiteSpace(columns.Keys[row]) ? ParquetRows.KeyOfRow(index) : columns.Keys[row]!);
                var (image, error) = rows.Image(key, columns.Bytes[row], columns.Paths[row]);
                // The image is the caller's now: it is freed when the caller is done with it, not at the row group's end.
                columns.Bytes[row] = null;
                yield return new Sample
                {
                    Key = key, Index = index, Image = image, Texts = columns.Texts[row], Fields = columns.Fields[row], Error = error,
                };
            }
        }
    }

    public override string ToString() => name;

    internal static string Root(string path, DatasetOptions options) =>
        options.ImageRoot ?? Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";

    // A key that stands in several rows gets a number from the second on, as samples of one key would be one file in the output.

    private sealed record Columns(
        string?[] Keys, string?[] Paths, byte[]?[] Bytes, IReadOnlyList<string>[] Texts, JsonObject?[] Fields);
}
