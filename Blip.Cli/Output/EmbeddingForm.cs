using System.Globalization;

namespace Blip.Cli.Output;

internal sealed class EmbeddingForm(int dimension) : RecordForm<EmbeddingRecord>
{
    public static readonly RecordShape Shape = new(["path", "text", "embedding", "error"], ["path", "text"], "embedding");

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns => Shape.Columns;

    /// <summary>NumPy's array format.</summary>
    public const string Npy = "npy";

    /// <inheritdoc/>
    public override RecordWriter<EmbeddingRecord> Writer(string format, TextWriter output, RecordStyle? style = null) =>
        format == Npy ? new NpyEmbeddingWriter((StreamWriter)output, dimension) : base.Writer(format, output, style);

    /// <inheritdoc/>
    public override string? Error(EmbeddingRecord result) => result.Error;

    /// <inheritdoc/>
    public override IEnumerable<string> Text(EmbeddingRecord result) => [$"{result.Path ?? result.Text}\t{Numbers(result.Vector!)}"];

    /// <inheritdoc/>
    public override IEnumerable<IReadOnlyList<string>> Rows(EmbeddingRecord result) =>
        [[result.Path ?? "", result.Text ?? "", result.Vector is null ? "" : Numbers(result.Vector), result.Error ?? ""]];

    /// <inheritdoc/>
    public override IEnumerable<string> Json(EmbeddingRecord result) => [JsonText.Object(json =>
    {
        json.WriteString(result.Path is null ? "text" : "path", result.Path ?? result.Text);
        if (result.Vector is null)
        {
            json.WriteString("error", result.Error);
            return;
        }
        json.WriteStartArray("embedding");
        foreach (var element in result.Vector)
            json.WriteNumberValue(element);
        json.WriteEndArray();
    })];

    private static string Numbers(float[] vector) =>
        string.Join(' ', vector.Select(element => element.ToString("R", CultureInfo.InvariantCulture)));
}
