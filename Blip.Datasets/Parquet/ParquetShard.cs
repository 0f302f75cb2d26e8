using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Blip.Datasets.Files;

namespace Blip.Datasets.Parquet;

/// <summary>A Parquet file, read one row group at a time.</summary>
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
                // The caller now holds the image and can free it before the row group ends.
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


    private sealed record Columns(
        string?[] Keys, string?[] Paths, byte[]?[] Bytes, IReadOnlyList<string>[] Texts, JsonObject?[] Fields);
}
