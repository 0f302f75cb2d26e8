using System.Globalization;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>
/// How well texts fit images, a line or record per pair. <paramref name="paths"/> determine a column's width;
/// null for one named image, whose lines have no path.
/// </summary>
internal sealed class MatchForm(IReadOnlyList<string>? paths) : RecordForm<MatchResult>
{
    public static readonly RecordShape Shape =
        new(["path", "text", "match_probability", "cosine", "error"], ["path"], "match_probability", IsMany: true);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns => Shape.Columns;

    // Longer paths would leave no room for texts.
    private const int WidestPath = 48;

    private readonly int width = Math.Min(WidestPath, paths?.Select(path => path.Length).DefaultIfEmpty().Max() ?? 0);

    /// <inheritdoc/>
    public override string TextHeading => Line("match ", "cosine ", "path", "text");

    /// <inheritdoc/>
    public override string? Error(MatchResult result) => result.Error;

    /// <inheritdoc/>
    public override IEnumerable<string> Text(MatchResult result) =>
        result.Matches!.Select(match =>
            Line(Fixed(match.MatchProbability, "0.0000"), Fixed(match.Cosine, " 0.0000;-0.0000"), result.Source.Name, match.Text));

    /// <inheritdoc/>
    public override IEnumerable<IReadOnlyList<string>> Rows(MatchResult result) => result.Succeeded
        ? result.Matches.Select(match =>
            (string[])[result.Source.Name, match.Text, Fixed(match.MatchProbability, "R"), Fixed(match.Cosine, "R"), ""])
        : [[result.Source.Name, "", "", "", result.Error]];

    /// <inheritdoc/>
    public override IEnumerable<string> Json(MatchResult result) => result.Succeeded
        ? result.Matches.Select(match => JsonText.Object(json =>
        {
            json.WriteString("path", result.Source.Name);
            json.WriteString("text", match.Text);
            json.WriteNumber("match_probability", match.MatchProbability);
            json.WriteNumber("cosine", match.Cosine);
        }))
        : [JsonText.Failure(result.Source.Name, result.Error)];

    private string Line(string match, string cosine, string path, string text) =>
        paths is null ? $"{match}  {cosine}  {text}" : $"{match}  {cosine}  {path.PadRight(width)}  {text}";

    private static string Fixed(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);
}
