using Parquet.Schema;

namespace Blip.Datasets.Parquet;

/// <summary>The roles of a Parquet file's columns.</summary>
internal sealed record ParquetLayout
{
    private static readonly string[] ImageNames =
        ["image", "jpg", "jpeg", "png", "webp", "img", "image_bytes", "image_path", "path", "file_name"];

    private static readonly string[] TextNames = ["caption", "text", "title", "TEXT", "captions", "texts"];

    private static readonly string[] KeyNames = ["key", "__key__", "id"];

    /// <summary>Encoded images; null for paths alone.</summary>
    public DataField? Bytes { get; private init; }

    /// <summary>Image paths or names; null for bytes alone.</summary>
    public DataField? Path { get; private init; }

    /// <summary>Texts or lists of texts; null for none.</summary>
    public DataField? Text { get; private init; }

    /// <summary>Keys, as texts or integers; null uses the row's number.</summary>
    public DataField? Key { get; private init; }

    /// <summary>Further columns to keep.</summary>
    public IReadOnlyList<DataField> Fields { get; private init; } = [];

    /// <summary>Whether a named or usual column can hold images.</summary>
    public static bool HasImages(ParquetSchema schema, DatasetOptions options) => ImageColumn(schema, options) is not null;

    /// <summary>Finds the columns.</summary>
    /// <exception cref="DatasetException">A named column is missing or of another type, or there is no image.</exception>
    public static ParquetLayout Of(string name, ParquetSchema schema, DatasetOptions options)
    {
        var image = ImageColumn(schema, options) ?? throw new DatasetException(options.ImageColumn is { } asked
            ? Missing(name, schema, asked, "image", "bytes, a path, or a struct of 'bytes' and 'path'")
            : $"{name}: this Parquet file holds no images: it has the columns {Columns(schema)}. Name the column of the images, or give "
                + "the data set that the file describes (img2dataset leaves such a file beside each tar).");
        var (bytes, path) = Parts(image)!.Value;
        var text = Find(schema, options.TextColumn, TextNames, TextOf);
        if (options.TextColumn is { } named && text is null)
            throw new DatasetException(Missing(name, schema, named, "text", "a text or a list of texts"));
        var key = Find(schema, options.KeyColumn, KeyNames, KeyOf);
        if (options.KeyColumn is { } keyed && key is null)
            throw new DatasetException(Missing(name, schema, keyed, "key", "a text or a whole number"));
        string?[] used = [image.Name, text?.Name, key?.Name];
        return new ParquetLayout
        {
            Bytes = bytes, Path = path, Text = text?.Field, Key = key?.Field,
            Fields = [.. schema.Fields.OfType<DataField>().Where(field => !used.Contains(field.Name) && ParquetColumns.IsSimple(field))],
        };
    }

    private static Field? ImageColumn(ParquetSchema schema, DatasetOptions options) =>
        options.ImageColumn is { } asked
            ? schema.Fields.FirstOrDefault(field => field.Name == asked && Parts(field) is not null)
            : ImageNames.Select(name => schema.Fields.FirstOrDefault(field => field.Name == name && Parts(field) is not null))
                .FirstOrDefault(field => field is not null);

    // Hugging Face's image is a struct of bytes and path; either may be null.
    private static (DataField? Bytes, DataField? Path)? Parts(Field field)
    {
        if (field is DataField { IsArray: false } column)
            return ParquetColumns.IsBytes(column) ? (column, null) : ParquetColumns.IsText(column) ? (null, column) : null;
        if (field is not StructField parts)
            return null;
        var single = parts.Fields.OfType<DataField>().Where(part => !part.IsArray).ToList();
        var bytes = single.Find(part => part.Name == "bytes" && ParquetColumns.IsBytes(part));
        var path = single.Find(part => part.Name == "path" && ParquetColumns.IsText(part));
        return bytes is null && path is null ? null : (bytes, path);
    }

    private static DataField? TextOf(Field field) => field switch
    {
        DataField column when ParquetColumns.IsText(column) || (ParquetColumns.IsBytes(column) && !column.IsArray) => column,
        ListField { Item: DataField item } when ParquetColumns.IsText(item) => item,
        _ => null,
    };

    private static DataField? KeyOf(Field field) => field is DataField { IsArray: false } column
        && (ParquetColumns.IsText(column) || ParquetColumns.IsWhole(column.ClrType)) ? column : null;

    private static (string Name, DataField Field)? Find(ParquetSchema schema, string? asked, string[] usual, Func<Field, DataField?> column)
    {
        foreach (var name in asked is null ? usual : [asked])
        {
            if (schema.Fields.FirstOrDefault(field => field.Name == name) is { } field && column(field) is { } found)
                return (name, found);
        }
        return null;
    }

    private static string Missing(string file, ParquetSchema schema, string column, string role, string kinds) =>
        schema.Fields.Any(field => field.Name == column)
            ? $"{file}: the column '{column}' can hold no {role}: {kinds} is what it should hold."
            : $"{file}: it has no column '{column}' for the {role}; it has {Columns(schema)}.";

    private static string Columns(ParquetSchema schema) => string.Join(", ", schema.Fields.Select(field => field.Name));
}
