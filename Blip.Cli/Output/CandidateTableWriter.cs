using System.Globalization;
using Blip.Bootstrapping.Tables;

namespace Blip.Cli.Output;

/// <summary>Candidates in columns of fixed width, written one by one, so that even long tables start at once.</summary>
internal sealed class CandidateTableWriter(TextWriter output) : RecordWriter<Candidate>(output)
{
    /// <inheritdoc/>
    protected override void WriteStart() => Output.WriteLine(Line("shard", "key", "source", "itm", "itc", "kept", "text"));

    /// <inheritdoc/>
    protected override void WriteResult(Candidate result) => Output.WriteLine(Line(
        result.Shard,
        Printable(result.Key),
        result.Source is { } origin ? TextOrigins.Name(origin) : "",
        result.Itm?.ToString("0.000", CultureInfo.InvariantCulture) ?? "",
        result.Itc?.ToString("0.000", CultureInfo.InvariantCulture) ?? "",
        result.Kept ? result.Reason : $"no: {result.Reason}",
        Printable(result.Error ?? result.Text ?? "")));

    // A text from the web must not control the terminal by escape sequences or carriage returns.
    private static string Printable(string text) => string.Concat(text.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? ' ' : c));

    private static string Line(string shard, string key, string source, string itm, string itc, string kept, string text) =>
        $"{shard,-6} {key,-16} {source,-9} {itm,6} {itc,6} {kept,-20} {text}".TrimEnd();
}
