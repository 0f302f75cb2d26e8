using System.Globalization;
using Blip.Cli.Input;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>Whether sentences are true of two images, a line or record each. With <paramref name="bare"/>, lines have no paths.</summary>
internal sealed class ComparisonForm(bool bare, TextPlaces places) : RecordForm<ComparisonResult>
{
    public static readonly RecordShape Shape = new(
        ["left", "right", "sentence", "probability_true", "error"], ["left", "right", "sentence"], "probability_true");

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns => Shape.Columns;

    /// <inheritdoc/>
    public override string TextHeading => bare ? "true    sentence" : "true\tleft\tright\tsentence";

    public static string Key(ImagePair pair) => RecordShape.Key(pair.Left.Name, pair.Right.Name, pair.Sentence);

    /// <inheritdoc/>
    public override string? Error(ComparisonResult result) =>
        places.Name(string.Join('\t', result.Pair.Left.Name, result.Pair.Right.Name, result.Pair.Sentence), result.Error);

    /// <inheritdoc/>
    public override IEnumerable<string> Text(ComparisonResult result)
    {
        var probability = result.Comparison!.ProbabilityTrue.ToString("0.0000", CultureInfo.InvariantCulture);
        var (left, right, sentence) = result.Pair;
        return [bare ? $"{probability}  {sentence}" : string.Join('\t', probability, left.Name, right.Name, sentence)];
    }

    /// <inheritdoc/>
    public override IEnumerable<IReadOnlyList<string>> Rows(ComparisonResult result) =>
    [
        [
            result.Pair.Left.Name, result.Pair.Right.Name, result.Pair.Sentence,
            result.Comparison?.ProbabilityTrue.ToString("R", CultureInfo.InvariantCulture) ?? "", result.Error ?? "",
        ],
    ];

    /// <inheritdoc/>
    public override IEnumerable<string> Json(ComparisonResult result) => [JsonText.Object(json =>
    {
        json.WriteString("left", result.Pair.Left.Name);
        json.WriteString("right", result.Pair.Right.Name);
        json.WriteString("sentence", result.Pair.Sentence);
        if (result.Succeeded)
            json.WriteNumber("probability_true", result.Comparison.ProbabilityTrue);
        else
            json.WriteString("error", result.Error);
    })];
}
