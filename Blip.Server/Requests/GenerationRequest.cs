using System.Text.Json;
using Blip.Runtime.Generation;
using Blip.Server.Http;

namespace Blip.Server.Requests;

/// <summary>How words are chosen: the fields that every request for words may have, named as in Hugging Face's <c>generate()</c>.</summary>
internal record GenerationRequest : KnownFields
{
    // Temperatures that mean "the likeliest word"; people write 0.
    private const double Coldest = 1e-4;

    /// <summary>Draw words at random. Left out: drawn where a temperature, a top p or a top k is given.</summary>
    public bool? DoSample { get; init; }

    /// <summary>Beams of the search; 1 takes the likeliest word each time.</summary>
    public int? NumBeams { get; init; }

    /// <summary>Most tokens, start token and prompt counted.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Fewest tokens, start token and prompt counted.</summary>
    public int? MinLength { get; init; }

    /// <summary>Most new tokens.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Fewest new tokens.</summary>
    public int? MinNewTokens { get; init; }

    /// <summary>When a beam search stops: true, false or "never".</summary>
    public JsonElement? EarlyStopping { get; init; }

    /// <summary>Above 0 favours long texts; for beam search.</summary>
    public double? LengthPenalty { get; init; }

    /// <summary>Above 1 repeats less.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>No run of so many tokens comes twice; 0 is off.</summary>
    public int? NoRepeatNgramSize { get; init; }

    /// <summary>Draws: below 1 sharpens, above 1 flattens; 0 takes the likeliest word.</summary>
    public double? Temperature { get; init; }

    /// <summary>Draws: only so many of the likeliest tokens; 0 keeps all.</summary>
    public int? TopK { get; init; }

    /// <summary>Draws: only the likeliest tokens up to this sum of probabilities.</summary>
    public double? TopP { get; init; }

    /// <summary>Draws: only the likeliest tokens up to this share of the entropy.</summary>
    public double? TopH { get; init; }

    /// <summary>Draws: only tokens about as surprising as expected, up to this sum of probabilities.</summary>
    public double? TypicalP { get; init; }

    /// <summary>Draws: only tokens at least this times as likely as the likeliest.</summary>
    public double? MinP { get; init; }

    /// <summary>Draws: only tokens at least this likely.</summary>
    public double? EpsilonCutoff { get; init; }

    /// <summary>Draws: the same, lowered where the distribution is flat.</summary>
    public double? EtaCutoff { get; init; }

    /// <summary>Of the draws: equal seeds give equal words.</summary>
    public long? Seed { get; init; }

    /// <summary>The options with these fields.</summary>
    /// <param name="defaults">The values of omitted fields.</param>
    /// <exception cref="RequestException">A field is not of its kind.</exception>
    public GenerationOptions Apply(GenerationOptions defaults) => WithDraws(defaults with
    {
        NumBeams = NumBeams ?? defaults.NumBeams,
        MaxLength = MaxLength ?? defaults.MaxLength,
        MinLength = MinLength ?? defaults.MinLength,
        // A length that a request gives is not overruled by the model's own of the other kind.
        MaxNewTokens = MaxNewTokens ?? (MaxLength is null ? defaults.MaxNewTokens : null),
        MinNewTokens = MinNewTokens ?? defaults.MinNewTokens,
        EarlyStopping = EarlyStopping is { } stopping ? Read(stopping) : defaults.EarlyStopping,
        LengthPenalty = LengthPenalty ?? defaults.LengthPenalty,
        RepetitionPenalty = RepetitionPenalty ?? defaults.RepetitionPenalty,
        NoRepeatNgramSize = NoRepeatNgramSize ?? defaults.NoRepeatNgramSize,
        TopK = TopK ?? defaults.TopK,
        TopP = TopP ?? defaults.TopP,
        TopH = TopH ?? defaults.TopH,
        TypicalP = TypicalP ?? defaults.TypicalP,
        MinP = MinP ?? defaults.MinP,
        EpsilonCutoff = EpsilonCutoff ?? defaults.EpsilonCutoff,
        EtaCutoff = EtaCutoff ?? defaults.EtaCutoff,
        Seed = Seed is { } seed ? unchecked((ulong)seed) : defaults.Seed,
    });

    // As other models' services do: a temperature, a top p or a top k asks for draws at random, and temperature 0 for none.
    private GenerationOptions WithDraws(GenerationOptions options) =>
        Temperature is >= 0 and < Coldest ? options with { DoSample = DoSample ?? false }
        : Temperature is null && TopP is null && TopK is null ? options with { DoSample = DoSample ?? options.DoSample }
        : options with { DoSample = DoSample ?? true, Temperature = Temperature ?? options.Temperature };

    private static EarlyStopping Read(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => Runtime.Generation.EarlyStopping.True,
        JsonValueKind.False => Runtime.Generation.EarlyStopping.False,
        JsonValueKind.String => value.GetString() switch
        {
            "true" => Runtime.Generation.EarlyStopping.True,
            "false" => Runtime.Generation.EarlyStopping.False,
            "never" => Runtime.Generation.EarlyStopping.Never,
            var other => throw Refused($"'{other}'"),
        },
        _ => throw Refused("of another kind"),
    };

    private static RequestException Refused(string value) => RequestException.Bad($"early_stopping is {value}: give true, false or \"never\".", "early_stopping");
}
