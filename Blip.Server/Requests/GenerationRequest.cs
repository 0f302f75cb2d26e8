using System.Text.Json;
using Blip.Runtime.Generation;
using Blip.Server.Http;

namespace Blip.Server.Requests;

/// <summary>Generation fields of every request for text, named as in Hugging Face's <c>generate()</c>.</summary>
internal record GenerationRequest : KnownFields
{
    // Lower temperatures mean the likeliest word; people write 0.
    private const double Coldest = 1e-4;

    /// <summary>Sample at random. Default: true where a temperature, a top p or a top k is given.</summary>
    public bool? DoSample { get; init; }

    /// <summary>Beams of the search; 1 is greedy.</summary>
    public int? NumBeams { get; init; }

    /// <summary>Most tokens, counting the start token and the prompt.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Fewest tokens, counting the start token and the prompt.</summary>
    public int? MinLength { get; init; }

    /// <summary>Most new tokens.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Fewest new tokens.</summary>
    public int? MinNewTokens { get; init; }

    /// <summary>When a beam search stops: true, false or "never".</summary>
    public JsonElement? EarlyStopping { get; init; }

    /// <summary>Beam search: above 0 favours long texts.</summary>
    public double? LengthPenalty { get; init; }

    /// <summary>Above 1 discourages repetition.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>No n-gram of this size occurs twice; 0 is off.</summary>
    public int? NoRepeatNgramSize { get; init; }

    /// <summary>Sampling: below 1 sharpens, above 1 flattens; 0 is greedy.</summary>
    public double? Temperature { get; init; }

    /// <summary>Sampling: only this many of the likeliest tokens; 0 keeps all.</summary>
    public int? TopK { get; init; }

    /// <summary>Sampling: only the likeliest tokens up to this total probability.</summary>
    public double? TopP { get; init; }

    /// <summary>Sampling: only the likeliest tokens up to this share of the entropy.</summary>
    public double? TopH { get; init; }

    /// <summary>Sampling: only tokens about as surprising as expected, up to this total probability.</summary>
    public double? TypicalP { get; init; }

    /// <summary>Sampling: only tokens at least this many times as likely as the likeliest.</summary>
    public double? MinP { get; init; }

    /// <summary>Sampling: only tokens at least this likely.</summary>
    public double? EpsilonCutoff { get; init; }

    /// <summary>Sampling: the same, lowered where the distribution is flat.</summary>
    public double? EtaCutoff { get; init; }

    /// <summary>Sampling: equal seeds give equal texts.</summary>
    public long? Seed { get; init; }

    /// <summary>These fields, with defaults for omitted ones.</summary>
    /// <exception cref="RequestException">A field is of the wrong kind.</exception>
    public GenerationOptions Apply(GenerationOptions defaults) => WithDraws(defaults with
    {
        NumBeams = NumBeams ?? defaults.NumBeams,
        MaxLength = MaxLength ?? defaults.MaxLength,
        MinLength = MinLength ?? defaults.MinLength,
        // The model's default of the other length must not overrule a request's length.
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

    // As in other services: a temperature, a top p or a top k turns sampling on; temperature 0 turns it off.
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

    private static RequestException Refused(string value) =>
        RequestException.Bad($"early_stopping is {value}: give true, false or \"never\".", "early_stopping");
}
