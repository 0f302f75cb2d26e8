using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Parquet;
using Parquet.Schema;

namespace Blip.Datasets.Parquet;

/// <summary>Reads columns of a row group: a value or a list of values a row.</summary>
internal static class ParquetColumns
{
    public static bool IsText(DataField field) => field.ClrType == typeof(string) || field.ClrType == typeof(ReadOnlyMemory<char>);

    public static bool IsBytes(DataField field) => field.ClrType == typeof(byte[]) || field.ClrType == typeof(ReadOnlyMemory<byte>);

    public static bool IsWhole(Type type) => type == typeof(int) || type == typeof(long) || type == typeof(uint) || type == typeof(ulong)
        || type == typeof(short) || type == typeof(ushort) || type == typeof(sbyte) || type == typeof(byte);

    /// <summary>Whether values fit into JSON directly: numbers, texts, booleans and times.</summary>
    public static bool IsSimple(DataField field) => field is { IsArray: false, MaxRepetitionLevel: 0 }
        && (IsText(field) || field.ClrType == typeof(bool) || field.ClrType == typeof(DateTime) || IsNumber(field.ClrType));

    /// <summary>The column's bytes; null for rows without.</summary>
    public static async Task<byte[]?[]> BytesAsync(ParquetRowGroupReader group, DataField field, CancellationToken cancellationToken) =>
        Array.ConvertAll(
            await RowsAsync<ReadOnlyMemory<byte>>(group, field, cancellationToken), value => value is { } bytes ? Whole(bytes) : null);

    /// <summary>The column's texts; null for rows without. Bytes are read as UTF-8.</summary>
    public static async Task<string?[]> TextsAsync(ParquetRowGroupReader group, DataField field, CancellationToken cancellationToken) =>
        IsBytes(field)
            ? Array.ConvertAll(
                await BytesAsync(group, field, cancellationToken), value => value is null ? null : Encoding.UTF8.GetString(value))
            : Array.ConvertAll(await RowsAsync<ReadOnlyMemory<char>>(group, field, cancellationToken), value => value?.ToString());

    /// <summary>Each row's list of texts, without null ones.</summary>
    public static async Task<List<string>[]> TextListsAsync(
        ParquetRowGroupReader group, DataField field, CancellationToken cancellationToken)
    {
        var (values, definitions, repetitions) = await RawAsync<ReadOnlyMemory<char>>(group, field, cancellationToken);
        var rows = new List<List<string>>();
        var next = 0;
        for (var i = 0; i < repetitions.Length; i++)
        {
            if (repetitions[i] == 0)
                rows.Add([]);
            if (definitions.Length == 0 || definitions[i] == field.MaxDefinitionLevel)
                rows[^1].Add(values[next++].ToString());
        }
        return rows.Count == group.RowCount ? [.. rows] : throw Short(field, rows.Count, group.RowCount);
    }

    /// <summary>A simple column as JSON; null for null and for numbers that JSON lacks.</summary>
    public static Task<JsonNode?[]> JsonAsync(ParquetRowGroupReader group, DataField field, CancellationToken cancellationToken)
    {
        var type = IsText(field) ? typeof(string) : field.ClrType;
        return type switch
        {
            _ when type == typeof(string) => Read<ReadOnlyMemory<char>>(value => value.ToString()),
            _ when type == typeof(bool) => Read<bool>(value => value),
            _ when type == typeof(DateTime) => Read<DateTime>(value => value),
            _ when type == typeof(sbyte) => Read<sbyte>(value => value),
            _ when type == typeof(byte) => Read<byte>(value => value),
            _ when type == typeof(short) => Read<short>(value => value),
            _ when type == typeof(ushort) => Read<ushort>(value => value),
            _ when type == typeof(int) => Read<int>(value => value),
            _ when type == typeof(uint) => Read<uint>(value => value),
            _ when type == typeof(long) => Read<long>(value => value),
            _ when type == typeof(ulong) => Read<ulong>(value => value),
            _ when type == typeof(decimal) => Read<decimal>(value => value),
            _ when type == typeof(float) => Read<float>(value => float.IsFinite(value) ? value : null),
            _ when type == typeof(double) => Read<double>(value => double.IsFinite(value) ? value : null),
            _ => throw new NotSupportedException($"'{field.Name}' holds {field.ClrType.Name}, which has no form in JSON"),
        };

        async Task<JsonNode?[]> Read<T>(Func<T, JsonNode?> node) where T : struct =>
            Array.ConvertAll(await RowsAsync<T>(group, field, cancellationToken), value => value is { } there ? node(there) : null);
    }

    private static bool IsNumber(Type type) =>
        type == typeof(decimal) || type == typeof(float) || type == typeof(double) || IsWhole(type);

    private static async Task<T?[]> RowsAsync<T>(ParquetRowGroupReader group, DataField field, CancellationToken cancellationToken)
        where T : struct
    {
        var (values, definitions, _) = await RawAsync<T>(group, field, cancellationToken);
        if (values.Length != group.RowCount)
            throw Short(field, values.Length, group.RowCount);
        var rows = new T?[values.Length];
        var next = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            // A lower level than the greatest is null, of the value or of its struct.
            if (definitions.Length == 0 || definitions[i] == field.MaxDefinitionLevel)
                rows[i] = values[next++];
        }
        return rows;
    }

    private static async Task<(T[] Values, int[] Definitions, int[] Repetitions)> RawAsync<T>(
        ParquetRowGroupReader group, DataField field, CancellationToken cancellationToken) where T : struct
    {
        cancellationToken.ThrowIfCancellationRequested();
        var count = group.GetMetadata(field)?.MetaData?.NumValues
            ?? throw new InvalidDataException($"'{field.Path}' is missing in a row group");
        if (count == 0)
            return ([], [], []);
        var values = new T[count];
        var definitions = new int[field.MaxDefinitionLevel > 0 ? count : 0];
        var repetitions = new int[field.MaxRepetitionLevel > 0 ? count : 0];
        await group.ReadRawAsync(field, values.AsMemory(), Levels(definitions), Levels(repetitions), cancellationToken);
        return (values, definitions, repetitions);
    }

    private static Memory<int>? Levels(int[] levels) => levels.Length > 0 ? levels.AsMemory() : (Memory<int>?)null;

    private static byte[] Whole(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var part) && part.Offset == 0 && part.Count == part.Array!.Length
            ? part.Array
            : bytes.ToArray();

    private static InvalidDataException Short(DataField field, int found, long rows) =>
        new($"'{field.Path}' has {found} values for {rows} rows");
}
