using System.Text.Json;
using Blip.Runtime.Files;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// A model's generation settings under Hugging Face's names; null where unset. generation_config.json goes before the older fields in
/// config.json's <c>text_config</c>.
/// </summary>
internal sealed record GenerationDefaults
{
    // Fields of transformers' GenerationConfig that change its results, with the neutral number.
    private static readonly (string Field, double Neutral)[] NotOffered =
    [
        ("penalty_alpha", 0), ("num_beam_groups", 1), ("diversity_penalty", 0), ("guidance_scale", 1), ("encoder_repetition_penalty", 1),
        ("encoder_no_repeat_ngram_size", 0), ("force_words_ids", 0), ("constraints", 0),
        ("dola_layers", double.NaN), ("watermarking_config", double.NaN), ("token_healing", 0), ("remove_invalid_values", 0),
            ("forced_decoder_ids", 0),
    ];

    /// <summary>Most tokens of a text with start token and prompt.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Most tokens after the prompt.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Fewest tokens of a text with start token and prompt.</summary>
    public int? MinLength { get; init; }

    /// <summary>Fewest tokens after the prompt.</summary>
    public int? MinNewTokens { get; init; }

    /// <summary>Samples tokens instead of taking the likeliest.</summary>
    public bool? DoSample { get; init; }

    /// <summary>Beams; 1 is greedy.</summary>
    public int? NumBeams { get; init; }

    /// <summary>Texts per image.</summary>
    public int? NumReturnSequences { get; init; }

    /// <summary>When beam search ends: <c>true</c>, <c>false</c> or <c>never</c>.</summary>
    public string? EarlyStopping { get; init; }

    /// <summary>Exponent of the length that divides a beam's score.</summary>
    public double? LengthPenalty { get; init; }

    /// <summary>Divides the logits before sampling.</summary>
    public double? Temperature { get; init; }

    /// <summary>Samples among this many likeliest tokens; 0 means all.</summary>
    public int? TopK { get; init; }

    /// <summary>Samples among the likeliest tokens of this total probability.</summary>
    public double? TopP { get; init; }

    /// <summary>Samples among the likeliest tokens with this share of the entropy.</summary>
    public double? TopH { get; init; }

    /// <summary>Samples among tokens at least this share as likely as the likeliest.</summary>
    public double? MinP { get; init; }

    /// <summary>Samples among tokens of typical surprise of this total probability.</summary>
    public double? TypicalP { get; init; }

    /// <summary>Samples among tokens at least this likely.</summary>
    public double? EpsilonCutoff { get; init; }

    /// <summary>As epsilon, with a bound that entropy lowers.</summary>
    public double? EtaCutoff { get; init; }

    /// <summary>Penalises tokens that occurred.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>Length of n-grams that must not repeat; 0 allows any.</summary>
    public int? NoRepeatNgramSize { get; init; }

    /// <summary>Forbidden token sequences.</summary>
    public IReadOnlyList<int[]>? BadWordsIds { get; init; }

    /// <summary>Forbidden tokens.</summary>
    public IReadOnlyList<int>? SuppressTokens { get; init; }

    /// <summary>Tokens forbidden in first place.</summary>
    public IReadOnlyList<int>? BeginSuppressTokens { get; init; }

    /// <summary>Added to the score of each sequence's last token.</summary>
    public IReadOnlyList<(int[] Tokens, double Bias)>? SequenceBias { get; init; }

    /// <summary>Forced first after the start token.</summary>
    public int? ForcedBosTokenId { get; init; }

    /// <summary>One of these is forced at the greatest length (<c>forced_eos_token_id</c>).</summary>
    public IReadOnlyList<int>? ForcedEosTokenIds { get; init; }

    /// <summary>From this many tokens after the prompt, the stop token's score grows by this factor.</summary>
    public (int Start, double Factor)? ExponentialDecayLengthPenalty { get; init; }

    /// <summary>Normalises the scores after all rules.</summary>
    public bool? RenormalizeLogits { get; init; }

    /// <summary>Texts that end a sequence.</summary>
    public IReadOnlyList<string>? StopStrings { get; init; }

    /// <summary>Seconds after which a batch ends.</summary>
    public double? MaxTime { get; init; }

    /// <summary>Set fields that change results elsewhere and are not offered here, such as <c>penalty_alpha 0.6</c>.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    public IReadOnlyList<string> Notices => Ignored.Count == 0 ? [] :
        [$"the model's generation_config.json asks for {string.Join(", ", Ignored)}: not offered here, so that results differ from "
            + $"transformers'"];

    /// <summary>Reads a model folder's generation_config.json, if any, and its config.json.</summary>
    /// <exception cref="CheckpointException">A file is damaged.</exception>
    public static GenerationDefaults Load(string folder)
    {
        var text = JsonFile.Load(Path.Combine(folder, "config.json")).Object("text_config");
        var own = Path.Combine(folder, "generation_config.json");
        return File.Exists(own) ? Read(JsonFile.Load(own), text) : Read(text);
    }

    /// <summary>Takes each field from the first file that has it.</summary>
    internal static GenerationDefaults Read(params JsonFile[] files)
    {
        return new GenerationDefaults
        {
            MaxLength = First((json, field) => json.Int(field), "max_length"),
            MaxNewTokens = First((json, field) => json.Int(field), "max_new_tokens"),
            MinLength = First((json, field) => json.Int(field), "min_length"),
            MinNewTokens = First((json, field) => json.Int(field), "min_new_tokens"),
            DoSample = First((json, field) => json.Bool(field), "do_sample"),
            NumBeams = First((json, field) => json.Int(field), "num_beams"),
            NumReturnSequences = First((json, field) => json.Int(field), "num_return_sequences"),
            EarlyStopping = First(ReadEarlyStopping, "early_stopping"),
            LengthPenalty = First((json, field) => json.Number(field), "length_penalty"),
            Temperature = First((json, field) => json.Number(field), "temperature"),
            TopK = First((json, field) => json.Int(field), "top_k"),
            TopP = First((json, field) => json.Number(field), "top_p"),
            TopH = First((json, field) => json.Number(field), "top_h"),
            MinP = First((json, field) => json.Number(field), "min_p"),
            TypicalP = First((json, field) => json.Number(field), "typical_p"),
            EpsilonCutoff = First((json, field) => json.Number(field), "epsilon_cutoff"),
            EtaCutoff = First((json, field) => json.Number(field), "eta_cutoff"),
            RepetitionPenalty = First((json, field) => json.Number(field), "repetition_penalty"),
            NoRepeatNgramSize = First((json, field) => json.Int(field), "no_repeat_ngram_size"),
            BadWordsIds = First((json, field) => json.Array(field, Tokens, "arrays of token ids"), "bad_words_ids"),
            SuppressTokens = First(ReadTokens, "suppress_tokens"),
            BeginSuppressTokens = First(ReadTokens, "begin_suppress_tokens"),
            SequenceBias = First((json, field) => json.Array(field, TokensAndBias, "pairs of token ids and a bias"), "sequence_bias"),
            ForcedBosTokenId = First((json, field) => json.Int(field), "forced_bos_token_id"),
            ForcedEosTokenIds = First(ReadTokens, "forced_eos_token_id"),
            ExponentialDecayLengthPenalty = First(ReadDecay, "exponential_decay_length_penalty"),
            RenormalizeLogits = First((json, field) => json.Bool(field), "renormalize_logits"),
            StopStrings = First(ReadTexts, "stop_strings"),
            MaxTime = First((json, field) => json.Number(field), "max_time"),
            Ignored = NotOffered.SelectMany(rule => Asked(rule.Field, rule.Neutral)).ToArray() is { Length: > 0 } asked
                ? asked
                : Array.Empty<string>(),
        };

        IEnumerable<string> Asked(string field, double neutral) => files
            .Select(json => json.Value(field)).OfType<JsonElement>().Take(1)
            .Where(value => !IsNeutral(value, neutral))
            .Select(value => $"{field} {JsonInput.Shown(value)}");

        T? First<T>(Func<JsonFile, string, T?> read, string field) =>
            files.Select(json => read(json, field)).FirstOrDefault(value => value is not null);
    }

    private static bool IsNeutral(JsonElement value, double neutral) => value.ValueKind switch
    {
        JsonValueKind.Number => value.TryGetDouble(out var number) && number == neutral,
        JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        _ => false,
    };

    private static string? ReadEarlyStopping(JsonFile json, string field) => json.Value(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } =>
            json.Text(field) == "never" ? "never" : throw json.Error(field, "is neither true, false nor \"never\""),
        _ => json.Bool(field) == true ? "true" : "false",
    };

    private static string[]? ReadTexts(JsonFile json, string field) =>
        json.Value(field) is { ValueKind: JsonValueKind.String }
            ? [json.Text(field)!]
            : json.Array(field, item => item.GetString() ?? "", "texts");

    private static int[]? ReadTokens(JsonFile json, string field) =>
        json.Value(field) is { ValueKind: JsonValueKind.Number }
            ? [json.Int(field)!.Value]
            : json.Array(field, item => item.GetInt32(), "token ids");

    private static (int Start, double Factor)? ReadDecay(JsonFile json, string field) =>
        json.Array(field, item => item.GetDouble(), "a start and a factor") switch
        {
            null => null,
            [var start, var factor] when start == (int)start => ((int)start, factor),
            _ => throw json.Error(field, "is not an array of a start and a factor"),
        };

    private static int[] Tokens(JsonElement item) => [.. item.EnumerateArray().Select(token => token.GetInt32())];

    private static (int[] Tokens, double Bias) TokensAndBias(JsonElement item) =>
        item.GetArrayLength() == 2 ? (Tokens(item[0]), item[1].GetDouble()) : throw new FormatException("not a pair");
}
