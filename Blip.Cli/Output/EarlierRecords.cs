using System.Text;
using System.Text.Json;

namespace Blip.Cli.Output;

/// <summary>Reads an earlier run's records; an incomplete last one is dropped.</summary>
internal sealed class EarlierRecords(string path, RecordShape shape)
{
    /// <summary>A record's text with its line end, and its input's <paramref name="Key"/>, null for a table's heading.</summary>
    public readonly record struct Record(string Raw, string? Key, bool Failed);

    /// <summary>Reads <c>jsonl</c> or <c>csv</c>.</summary>
    /// <exception cref="UsageException">A record is not this command's.</exception>
    public IEnumerable<Record> Read(TextReader reader, string format) =>
        format == "csv" ? Table(Lines(reader, quotes: true)) : Lines(reader, quotes: false).Select((line, i) => Object(line, i + 1));

    private IEnumerable<Record> Table(IEnumerable<string> lines)
    {
        var number = 0;
        foreach (var line in lines)
        {
            var fields = Fields(line);
            if (number++ == 0)
            {
                if (!fields.SequenceEqual(shape.Columns))
                    throw Strange(1, $"its columns are {string.Join(',', fields)}, and this command's are "
                        + $"{string.Join(',', shape.Columns)}");
                yield return new Record(line, null, Failed: false);
                continue;
            }
            if (fields.Count != shape.Columns.Count)
                throw Strange(number, $"it has {fields.Count} fields, and the heading has {shape.Columns.Count}");
            var key = RecordShape.Key(shape.Columns.Index().Where(column => shape.Keys.Contains(column.Item))
                .Select(column => CsvRecordWriter<object>.Unguarded(fields[column.Index])));
            yield return new Record(
                line, key, fields[shape.Columns.Index().Single(column => column.Item == RecordShape.Error).Index].Length > 0);
        }
    }

    private Record Object(string line, int number)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var failed = json.RootElement.TryGetProperty(RecordShape.Error, out _);
            if (!failed && !json.RootElement.TryGetProperty(shape.Result, out _)
                && !json.RootElement.TryGetProperty($"{shape.Result}s", out _))
                throw Strange(number, $"it has no '{shape.Result}'");
            var key = RecordShape.Key(
                shape.Keys.Select(name => json.RootElement.TryGetProperty(name, out var value) ? value.GetString() : ""));
            return new Record(line, key, failed);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Strange(number, "it is no JSON object of a result");
        }
    }

    private UsageException Strange(int record, string why) =>
        new($"--resume cannot go on with '{path}': record {record} is none of this command's: {why}. Name another file, or give "
            + $"--overwrite in place of --resume.");

    // Lines with their ends; text after the last end is incomplete. A quoted field of csv may contain line ends.
    private static IEnumerable<string> Lines(TextReader reader, bool quotes)
    {
        var line = new StringBuilder();
        var quoted = false;
        for (var next = reader.Read(); next >= 0; next = reader.Read())
        {
            var letter = (char)next;
            line.Append(letter);
            quoted ^= quotes && letter == '"';
            if (letter != '\n' || quoted)
                continue;
            yield return line.ToString();
            line.Clear();
        }
    }

    private static List<string> Fields(string line)
    {
        var (fields, field, quoted) = (new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < line.Length; i++)
        {
            var letter = line[i];
            if (letter == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"')
                field.Append(line[i++]);
            else if (letter == '"')
                quoted = !quoted;
            else if (quoted || letter is not (',' or '\r' or '\n'))
                field.Append(letter);
            else if (letter == ',')
                EndField();
        }
        EndField();
        return fields;

        void EndField()
        {
            fields.Add(field.ToString());
            field.Clear();
        }
    }
}
