using System.Text.Json.Serialization;
using Blip.Bootstrapping.Tables;

namespace Blip.Bootstrapping.Engine;

/// <summary>A finished sample: the models' results before any selection.</summary>
internal sealed record SampleRecord
{
    [JsonPropertyName("i")]
    public required int Index { get; init; }

    [JsonPropertyName("k")]
    public required string Key { get; init; }

    [JsonPropertyName("p")]
    public string? ImagePath { get; init; }

    [JsonPropertyName("h")]
    public string? ImageHash { get; init; }

    [JsonPropertyName("x")]
    public int? Width { get; init; }

    [JsonPropertyName("y")]
    public int? Height { get; init; }

    [JsonPropertyName("e")]
    public string? Error { get; init; }

    [JsonPropertyName("t")]
    public IReadOnlyList<TextRecord> Texts { get; init; } = [];

    /// <summary>The sample as table rows. An image without texts has one row, too.</summary>
    public IReadOnlyList<Candidate> ToCandidates(string shard)
    {
        var row = new Candidate
        {
            Shard = shard,
            Index = Index,
            Key = Key,
            ImagePath = ImagePath,
            ImageHash = ImageHash,
            Width = Width,
            Height = Height,
            Error = Error,
        };
        return Texts.Count == 0 ? [row] : [.. Texts.Select(text => row with
        {
            Source = text.Source,
            Number = text.Number,
            Text = text.Text,
            Itm = text.Itm,
            Itc = text.Itc,
            LogProbability = text.LogProbability,
            Seed = text.Seed,
        })];
    }

    public static SampleRecord Of(IReadOnlyList<Candidate> rows) => new()
    {
        Index = rows[0].Index,
        Key = rows[0].Key,
        ImagePath = rows[0].ImagePath,
        ImageHash = rows[0].ImageHash,
        Width = rows[0].Width,
        Height = rows[0].Height,
        Error = rows[0].Error,
        Texts = [.. rows.Where(row => row.Source is not null).Select(row => new TextRecord
        {
            Source = row.Source!.Value,
            Number = row.Number,
            Text = row.Text!,
            Itm = row.Itm,
            Itc = row.Itc,
            LogProbability = row.LogProbability,
            Seed = row.Seed,
        })],
    };
}

internal sealed record TextRecord
{
    [JsonPropertyName("s")]
    public required TextOrigin Source { get; init; }

    [JsonPropertyName("n")]
    public required int Number { get; init; }

    [JsonPropertyName("t")]
    public required string Text { get; init; }

    [JsonPropertyName("m")]
    public double? Itm { get; init; }

    [JsonPropertyName("c")]
    public double? Itc { get; init; }

    [JsonPropertyName("l")]
    public double? LogProbability { get; init; }

    [JsonPropertyName("d")]
    public long? Seed { get; init; }
}

internal sealed record JournalHead(string Manifest, string Shard);

/// <summary>Source-generated JSON of the journal's lines.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SampleRecord))]
[JsonSerializable(typeof(JournalHead))]
internal sealed partial class JournalForms : JsonSerializerContext;
