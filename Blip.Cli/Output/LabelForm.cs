using System.Globalization;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>
/// Labels of images, the first <paramref name="top"/>, a line or record each. With <paramref name="bare"/>, lines have no path.
/// </summary>
internal sealed class LabelForm(bool bare, int top) : RecordForm<LabelResult>
{
    public static readonly RecordShape Shape = new(
        ["path", "label", "probability", "match_probability", "cosine", "error"], ["path"], "label", IsMany: true);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns => Shape.Columns;

    /// <inheritdoc/>
    public override string? Error(LabelResult result) => result.Error;

    /// <inheritdoc/>
    public override IEnumerable<string> Text(LabelResult result) => result.Labels!.Take(top).Select(label =>
        $"{(bare ? "" : $"{result.Source.Name}\t")}{Number(label.Probability, "0.0000")}\t{label.Name}");

    /// <inheritdoc/>
    public override IEnumerable<IReadOnlyList<string>> Rows(LabelResult result) => result.Succeeded
        ? result.Labels.Take(top).Select(label => (string[])
        [
            result.Source.Name, label.Name, Number(label.Probability),
            label.MatchProbability is { } fits ? Number(fits) : "", Number(label.Cosine), "",
        ])
        : [[result.Source.Name, "", "", "", "", result.Error]];

    /// <inheritdoc/>
    public override IEnumerable<string> Json(LabelResult result) => result.Succeeded
        ? result.Labels.Take(top).Select(label => JsonText.Object(json =>
        {
            json.WriteString("path", result.Source.Name);
            json.WriteString("label", label.Name);
            json.WriteNumber("probability", label.Probability);
            if (label.MatchProbability is { } fits)
                json.WriteNumber("match_probability", fits);
            json.WriteNumber("cosine", label.Cosine);
        }))
        : [JsonText.Failure(result.Source.Name, result.Error)];

    private static string Number(double number, string format = "R") => number.ToString(format, CultureInfo.InvariantCulture);
}
