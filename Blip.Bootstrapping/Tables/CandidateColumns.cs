using System.Text;
using Parquet;
using Parquet.Schema;

namespace Blip.Bootstrapping.Tables;

/// <summary>The Parquet columns of the table of candidates, and the conversion of rows.</summary>
internal sealed class CandidateColumns
{
    // Source is a string for any Parquet reader.
    private static readonly (string Name, Type Type, bool Nullable)[] Shape =
    [
        ("shard", typeof(string), false), ("index", typeof(int), false), ("key", typeof(string), false), ("image", typeof(string), true),
        ("image_hash", typeof(string), true), ("width", typeof(int), true), ("height", typeof(int), true), ("source", typeof(string), true),
        ("number", typeof(int), false), ("text", typeof(string), true), ("itm", typeof(double), true), ("itc", typeof(double), true),
        ("log_probability", typeof(double), true), ("seed", typeof(long), true), ("kept", typeof(bool), false),
        ("reason", typeof(string), false), ("error", typeof(string), true),
    ];

    // Parquet.Net writes a page's least and greatest string into its header, twice and whole; readers reject headers above 16 MB. It also
    // ranks strings by UTF-16 instead of bytes. For a column of bytes it writes neither. The file's schema still says string.
    private static readonly Dictionary<string, DataField> Utf8 = new ParquetSchema(
        from column in Shape
        where column.Type == typeof(string)
        select new DataField(column.Name, typeof(byte[]), column.Nullable)).DataFields.ToDictionary(field => field.Name);

    private readonly Dictionary<string, DataField> fields;

    public CandidateColumns() : this(new ParquetSchema(Shape.Select(column => new DataField(column.Name, column.Type, column.Nullable))))
    {
    }

    private CandidateColumns(ParquetSchema schema)
    {
        Schema = schema;
        fields = schema.GetDataFields().Where(field => field.Path.Length == 1).ToDictionary(field => field.Name);
    }

    public static IReadOnlyList<string> Names { get; } = [.. Shape.Select(column => column.Name)];

    public ParquetSchema Schema { get; }

    /// <summary>An existing file's columns, in any order; further ones are ignored.</summary>
    public static CandidateColumns Of(string path, ParquetSchema schema)
    {
        var columns = new CandidateColumns(schema);
        foreach (var (name, type, _) in Shape)
        {
            if (!columns.fields.TryGetValue(name, out var field))
            {
                var there = string.Join(", ", schema.Fields.Select(field => field.Name));
                throw new BootstrapException($"{path}: this is no table of candidates: it has no column '{name}' (it has {there}).");
            }
            // Parquet.Net reads a string column as memory of characters.
            var found = field.ClrType == typeof(ReadOnlyMemory<char>) ? typeof(string) : field.ClrType;
            if (found != type || field.IsArray)
                throw new BootstrapException($"{path}: this is no table of candidates: '{name}' holds {found.Name} and not {type.Name}.");
        }
        return columns;
    }

    public async Task WriteAsync(
        ParquetRowGroupWriter group, IReadOnlyList<Candidate> rows, int start, int count, CancellationToken cancellationToken)
    {
        await Strings("shard", row => row.Shard);
        await Numbers("index", row => row.Index);
        await Strings("key", row => row.Key);
        await Strings("image", row => row.ImagePath);
        await Strings("image_hash", row => row.ImageHash);
        await Nullables("width", row => row.Width);
        await Nullables("height", row => row.Height);
        await Strings("source", row => row.Source is { } source ? TextOrigins.Name(source) : null);
        await Numbers("number", row => row.Number);
        await Strings("text", row => row.Text);
        await Nullables("itm", row => row.Itm);
        await Nullables("itc", row => row.Itc);
        await Nullables("log_probability", row => row.LogProbability);
        await Nullables("seed", row => row.Seed);
        await Numbers("kept", row => row.Kept);
        await Strings("reason", row => row.Reason);
        await Strings("error", row => row.Error);

        T[] Take<T>(Func<Candidate, T> value)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var values = new T[count];
            for (var i = 0; i < count; i++)
                values[i] = value(rows[start + i]);
            return values;
        }

        Task Strings(string name, Func<Candidate, string?> value) => Utf8[name].IsNullable
            ? Nullables(name, row => value(row) is { } text ? (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(text) : null)
            : Numbers<ReadOnlyMemory<byte>>(name, row => Encoding.UTF8.GetBytes(Required(value(row), name)));

        Task Numbers<T>(string name, Func<Candidate, T> value) where T : struct =>
            group.WriteAsync<T>(Utf8.GetValueOrDefault(name) ?? fields[name], Take(value), cancellationToken: cancellationToken);

        Task Nullables<T>(string name, Func<Candidate, T?> value) where T : struct =>
            group.WriteAsync<T>(Utf8.GetValueOrDefault(name) ?? fields[name], Take(value), cancellationToken: cancellationToken);
    }

    public async Task<IReadOnlyList<Candidate>> ReadAsync(ParquetRowGroupReader group, CancellationToken cancellationToken)
    {
        var (shard, index, key) = (await Strings("shard"), await Numbers<int>("index"), await Strings("key"));
        var (image, hash) = (await Strings("image"), await Strings("image_hash"));
        var (width, height) = (await Numbers<int>("width"), await Numbers<int>("height"));
        var (source, number, text) = (await Strings("source"), await Numbers<int>("number"), await Strings("text"));
        var (itm, itc) = (await Numbers<double>("itm"), await Numbers<double>("itc"));
        var (logProbability, seed) = (await Numbers<double>("log_probability"), await Numbers<long>("seed"));
        var kept = await Numbers<bool>("kept");
        var (reason, error) = (await Strings("reason"), await Strings("error"));
        var rows = new Candidate[shard.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = new Candidate
            {
                Shard = Shared(Required(shard[i], "shard")), Index = Required(index[i], "index"), Key = Required(key[i], "key"),
                ImagePath = image[i], ImageHash = hash[i], Width = width[i], Height = height[i],
                Source = source[i] is { } name ? TextOrigins.Parse(name) : null,
                Number = Required(number[i], "number"), Text = text[i],
                Itm = itm[i], Itc = itc[i], LogProbability = logProbability[i], Seed = seed[i],
                Kept = Required(kept[i], "kept"), Reason = Shared(Required(reason[i], "reason")), Error = error[i],
            };
        }
        return rows;

        async Task<string?[]> Strings(string name)
        {
            var values = new string?[group.RowCount];
            await group.ReadAsync(fields[name], values.AsMemory(), cancellationToken: cancellationToken);
            return values;
        }

        async Task<T?[]> Numbers<T>(string name) where T : struct
        {
            var values = new T?[group.RowCount];
            if (fields[name].IsNullable)
            {
                await group.ReadAsync(fields[name], values.AsMemory(), cancellationToken: cancellationToken);
                return values;
            }
            var whole = new T[group.RowCount];
            await group.ReadAsync(fields[name], whole.AsMemory(), cancellationToken: cancellationToken);
            return Array.ConvertAll(whole, value => (T?)value);
        }
    }

    private static string Required(string? value, string name) => value ?? throw new InvalidDataException($"a row has no {name}");

    private static T Required<T>(T? value, string name) where T : struct => value ?? throw new InvalidDataException($"a row has no {name}");

    // Millions of rows share a few words.
    private static string Shared(string value) => value.Length <= 32 ? string.Intern(value) : value;
}
