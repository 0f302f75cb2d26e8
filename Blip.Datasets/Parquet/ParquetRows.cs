using System.Globalization;
using System.Text.Json.Nodes;
using Blip.Datasets.Files;
using Parquet;
using Parquet.Schema;

namespace Blip.Datasets.Parquet;

/// <summary>The rows of one row group; columns are read on demand.</summary>
internal sealed class ParquetRows(ParquetLayout layout, string root)
{
    public async Task<string?[]> KeysAsync(ParquetRowGroupReader group, CancellationToken cancellationToken)
    {
        if (layout.Key is not { } field)
            return new string?[group.RowCount];
        if (ParquetColumns.IsText(field))
            return await ParquetColumns.TextsAsync(group, field, cancellationToken);
        return Array.ConvertAll(await ParquetColumns.JsonAsync(group, field, cancellationToken), node => node?.ToJsonString());
    }

    /// <summary>Image paths or names; null for rows without.</summary>
    public async Task<string?[]> PathsAsync(ParquetRowGroupReader group, CancellationToken cancellationToken) =>
        layout.Path is { } field ? await ParquetColumns.TextsAsync(group, field, cancellationToken) : new string?[group.RowCount];

    public async Task<byte[]?[]> BytesAsync(ParquetRowGroupReader group, CancellationToken cancellationToken) =>
        layout.Bytes is { } field ? await ParquetColumns.BytesAsync(group, field, cancellationToken) : new byte[]?[group.RowCount];

    public async Task<IReadOnlyList<string>[]> TextsAsync(ParquetRowGroupReader group, CancellationToken cancellationToken)
    {
        if (layout.Text is not { } field)
            return [.. Enumerable.Repeat<IReadOnlyList<string>>([], (int)group.RowCount)];
        if (field.MaxRepetitionLevel > 0)
            return Array.ConvertAll(await ParquetColumns.TextListsAsync(group, field, cancellationToken), NotBlank);
        return Array.ConvertAll(
            await ParquetColumns.TextsAsync(group, field, cancellationToken), text => NotBlank(text is null ? [] : [text]));
    }

    /// <summary>Further fields; null if the file has none.</summary>
    public async Task<JsonObject?[]> FieldsAsync(ParquetRowGroupReader group, CancellationToken cancellationToken)
    {
        var columns = new List<(DataField Field, JsonNode?[] Values)>();
        foreach (var field in layout.Fields)
            columns.Add((field, await ParquetColumns.JsonAsync(group, field, cancellationToken)));
        var rows = new JsonObject?[group.RowCount];
        for (var i = 0; i < rows.Length && columns.Count > 0; i++)
        {
            var row = rows[i] = [];
            foreach (var (field, values) in columns)
                row[field.Name] = values[i];
        }
        return rows;
    }

    /// <summary>A row's image, or why there is none. The key names an image without a name.</summary>
    public (SampleImage? Image, string? Error) Image(string key, byte[]? bytes, string? path)
    {
        if (bytes is { Length: > 0 })
            return (SampleImage.FromBytes(FileName(path) ?? FileName(key + (ImageFiles.ExtensionOf(bytes) ?? ".bin"))!, bytes), null);
        if (bytes is not null)
            return (null, "Its image is empty.");
        if (string.IsNullOrWhiteSpace(path))
            return (null, "It has no image.");
        if (path.Contains('\0'))
            return (null, "Its image's path holds a NUL, which no path does.");
        if (path.Contains("://", StringComparison.Ordinal))
            return (null, $"Its image is an address, {path}: download the images with img2dataset first, and give what that writes.");
        return (SampleImage.FromFile(Path.Combine(root, path)), null);
    }

    public static string KeyOfRow(int row) => row.ToString("D9", CultureInfo.InvariantCulture);

    private static IReadOnlyList<string> NotBlank(List<string> texts) => [.. texts.Where(text => !string.IsNullOrWhiteSpace(text))];

    // The name may have another machine's folders. Without an extension it tells no format.
    private static string? FileName(string? path)
    {
        var name = path?[(path.LastIndexOfAny(['/', '\\']) + 1)..];
        return string.IsNullOrWhiteSpace(name) || Path.GetExtension(name).Length == 0 ? null : name;
    }
}
