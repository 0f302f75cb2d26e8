using ParquetSharp;
using ParquetSharp.Schema;

namespace Blip.Tests.Datasets;

/// <summary>Writes Parquet files by a second library, as their tools lay them out.</summary>
internal static class ParquetFiles
{
    /// <summary>Hugging Face's layout: a struct of <c>bytes</c> and <c>path</c>, either of which may be null, and one text.</summary>
    public static void WriteHuggingFace(string path, params (byte[]? Bytes, string? Path, string? Text)[][] groups)
    {
        using var image = new GroupNode("image", Repetition.Optional, [
            new PrimitiveNode("bytes", Repetition.Optional, LogicalType.None(), PhysicalType.ByteArray),
            new PrimitiveNode("path", Repetition.Optional, LogicalType.String(), PhysicalType.ByteArray)]);
        using var text = new PrimitiveNode("text", Repetition.Optional, LogicalType.String(), PhysicalType.ByteArray);
        using var root = new GroupNode("schema", Repetition.Required, [image, text]);
        using var properties = new WriterPropertiesBuilder().Compression(Compression.Snappy).Build();
        using var file = new ParquetFileWriter(path, root, properties);
        foreach (var rows in groups)
        {
            using var group = file.AppendRowGroup();
            using (var bytes = group.NextColumn().LogicalWriter<Nested<byte[]?>?>())
                bytes.WriteBatch([.. rows.Select(row => Struct(row, row.Bytes))]);
            using (var paths = group.NextColumn().LogicalWriter<Nested<string?>?>())
                paths.WriteBatch([.. rows.Select(row => Struct(row, row.Path))]);
            using (var texts = group.NextColumn().LogicalWriter<string?>())
                texts.WriteBatch([.. rows.Select(row => row.Text)]);
        }
        file.Close();

        static Nested<T>? Struct<T>((byte[]? Bytes, string? Path, string?) row, T value) =>
            row.Bytes is null && row.Path is null ? null : new Nested<T>(value);
    }

    /// <summary>One row group of plain columns, in the order given.</summary>
    public static void Write(string path, params IWrittenColumn[] columns)
    {
        using var properties = new WriterPropertiesBuilder().Compression(Compression.Zstd).Build();
        Write(path, properties, columns);
    }

    /// <summary>One row group of plain columns, in a given form.</summary>
    public static void Write(string path, WriterProperties properties, params IWrittenColumn[] columns)
    {
        using var file = new ParquetFileWriter(path, [.. columns.Select(column => column.Column)], properties);
        using (var group = file.AppendRowGroup())
        {
            foreach (var column in columns)
                column.Write(group.NextColumn());
        }
        file.Close();
    }

    public static IWrittenColumn Of<T>(string name, params T[] values) => new WrittenColumn<T>(name, values);

    public interface IWrittenColumn
    {
        Column Column { get; }

        void Write(ColumnWriter writer);
    }

    private sealed record WrittenColumn<T>(string Name, T[] Values) : IWrittenColumn
    {
        public Column Column => new Column<T>(Name);

        public void Write(ColumnWriter writer)
        {
            using var logical = writer.LogicalWriter<T>();
            logical.WriteBatch(Values);
        }
    }
}
