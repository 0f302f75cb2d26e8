using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Blip.Datasets.Files;
using Blip.Runtime.Files;
using CsvHelper;
using CsvHelper.Configuration;

namespace Blip.Datasets.Lists;

/// <summary>A table of text with a header row: values separated by commas or tabs, quoted where necessary.</summary>
/// <remarks>
/// The file is read as Latin-1, one byte a character. Offsets are exact, so a row is found without those before it. Values are UTF-8, whose
/// commas, quotes and line ends are the same bytes.
/// </remarks>
internal sealed class CsvTable
{
    private const int LongestField = 1 << 22;

    private readonly string path;
    private readonly string delimiter;

    private CsvTable(string path, string[] names, string delimiter) => (this.path, Names, this.delimiter) = (path, names, delimiter);

    public IReadOnlyList<string> Names { get; }

    /// <summary>Reads the header.</summary>
    public static CsvTable Open(string path)
    {
        var delimiter = path.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase) ? "\t" : ",";
        var names = new CsvTable(path, [], delimiter).Rows(0).Select(row => row.Values).FirstOrDefault()
            ?? throw new DatasetException($"{path}: the file is empty; its first row is to name the columns.");
        if (names.GroupBy(name => name).FirstOrDefault(same => same.Skip(1).Any()) is { } twice)
            throw new DatasetException($"{path}: two columns are called '{twice.Key}'.");
        return new CsvTable(path, names, delimiter);
    }

    public IReadOnlyList<ListRange> Ranges(int size, ListColumns columns)
    {
        var image = Names.ToList().IndexOf(columns.Images.First(Names.Contains));
        var ranges = new ListRanges(size);
        foreach (var (offset, values) in Rows(0).Skip(1))
            ranges.Add(offset, image < values.Length ? values[image] : null);
        return ranges.All;
    }

    public IEnumerable<ListEntry> Read(ListRange range)
    {
        var number = range.First;
        foreach (var (_, values) in Rows(range.Offset).Take((int)range.Count))
        {
            yield return values.Length == Names.Count
                ? new ListEntry(number, new JsonObject(Names.Zip(values, (name, value) => KeyValuePair.Create(name, (JsonNode?)value))))
                : new ListEntry(number, null, $"Its row has {values.Length} values where there are {Names.Count} columns.");
            number++;
        }
    }

    private IEnumerable<(long Offset, string[] Values)> Rows(long offset)
    {
        using var stream = OpenStream();
        stream.Position = offset += offset == 0 ? BomLength(stream) : 0;
        using var text = new StreamReader(stream, Encoding.Latin1, detectEncodingFromByteOrderMarks: false, 1 << 16);
        // Quotes inside an unquoted value are ordinary characters: web texts are full of inches.
        using var parser = new CsvParser(text, new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = delimiter, BadDataFound = null, MaxFieldSize = LongestField, IgnoreBlankLines = true,
        });
        for (var start = offset; Next(parser); start = offset + parser.CharCount)
            yield return (start, [.. parser.Record!.Select(Utf8)]);
    }

    private bool Next(CsvParser parser)
    {
        try
        {
            return parser.Read();
        }
        catch (CsvHelperException exception)
        {
            throw new DatasetException(
                $"{path}: line {parser.RawRow} cannot be read, perhaps for a quote that is never closed.", exception);
        }
    }

    private FileStream OpenStream()
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{path}: it cannot be read: {FailureReason.Of(exception, path)}.", exception);
        }
    }

    private int BomLength(FileStream stream)
    {
        Span<byte> bom = stackalloc byte[3];
        bom = bom[..stream.ReadAtLeast(bom, 3, throwOnEndOfStream: false)];
        if (bom is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
            throw new DatasetException($"{path}: the file is UTF-16; save it as UTF-8.");
        return bom is [0xEF, 0xBB, 0xBF] ? 3 : 0;
    }

    private static string Utf8(string latin) =>
        Ascii.IsValid(latin) ? latin : Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(latin));
}
