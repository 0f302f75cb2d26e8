using System.Globalization;
using System.Text.Json;
using Blip.Bootstrapping.Tables;

namespace Blip.Cli.Output;

internal sealed class CandidateForm : RecordForm<Candidate>
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns { get; } =
        ["shard", "key", "source", "text", "itm", "itc", "log_probability", "seed", "kept", "reason", "error"];

    /// <inheritdoc/>
    public override string? Error(Candidate result) => null;

    /// <inheritdoc/>
    public override IEnumerable<string> Text(Candidate result) => [string.Join('\t', Rows(result).Single())];

    /// <inheritdoc/>
    public override IEnumerable<IReadOnlyList<string>> Rows(Candidate result) =>
    [
        [
            result.Shard, result.Key, Origin(result) ?? "", result.Text ?? "",
            Number(result.Itm), Number(result.Itc), Number(result.LogProbability),
            result.Seed?.ToString(CultureInfo.InvariantCulture) ?? "", result.Kept ? "true" : "false", result.Reason, result.Error ?? "",
        ],
    ];

    /// <inheritdoc/>
    public override IEnumerable<string> Json(Candidate result) => [JsonText.Object(json =>
    {
        json.WriteString("shard", result.Shard);
        json.WriteString("key", result.Key);
        json.WriteString("source", Origin(result));
        json.WriteString("text", result.Text);
        WriteNumber(json, "itm", result.Itm);
        WriteNumber(json, "itc", result.Itc);
        WriteNumber(json, "log_probability", result.LogProbability);
        if (result.Seed is { } seed)
            json.WriteNumber("seed", seed);
        else
            json.WriteNull("seed");
        json.WriteBoolean("kept", result.Kept);
        json.WriteString("reason", result.Reason);
        json.WriteString("error", result.Error);
    })];

    private static string? Origin(Candidate result) => result.Source is { } origin ? TextOrigins.Name(origin) : null;

    private static string Number(double? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }
}
