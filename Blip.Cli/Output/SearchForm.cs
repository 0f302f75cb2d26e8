using System.Globalization;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

internal sealed class SearchForm : RecordForm<RetrievalHit>
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns { get; } = ["path", "score", "cosine", "match_probability", "error"];

    /// <inheritdoc/>
    public override string? Error(RetrievalHit result) => result.Error;

    /// <inheritdoc/>
    public override IEnumerable<string> Text(RetrievalHit result)
    {
        var line = $"{result.Path}\t{Fixed(result.Cosine, "0.0000")}";
        return [result.Match is { } match ? $"{line}\t{Fixed(match.MatchProbability, "0.0000")}" : line];
    }

    /// <inheritdoc/>
    public override IEnumerable<IReadOnlyList<string>> Rows(RetrievalHit result) =>
    [
        [result.Path, Fixed(result.Score, "R"), Fixed(result.Cosine, "R"),
            result.Match is { } match ? Fixed(match.MatchProbability, "R") : "", result.Error ?? ""],
    ];

    /// <inheritdoc/>
    public override IEnumerable<string> Json(RetrievalHit result) =>
    [
        JsonText.Object(json =>
        {
            json.WriteString("path", result.Path);
            json.WriteNumber("score", result.Score);
            json.WriteNumber("cosine", result.Cosine);
            if (result.Match is { } match)
                json.WriteNumber("match_probability", match.MatchProbability);
            if (result.Error is { } error)
                json.WriteString("error", error);
        }),
    ];

    private static string Fixed(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);
}
