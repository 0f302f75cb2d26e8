using System.Text.Json;
using System.Text.RegularExpressions;

namespace Blip.Runtime.Checkpoints;

/// <summary>PEFT's <c>adapter_config.json</c> for LoRA (arXiv 2106.09685): ranks, and the factors of B·A.</summary>
internal sealed record LoraConfig
{
    public const string FileName = "adapter_config.json";

    // Fields that change the arithmetic or add tensors. An absent, null, false or empty field has no effect.
    private static readonly string[] Refused =
    [
        "modules_to_save", "use_dora", "lora_bias", "use_qalora", "use_bdlora", "alora_invocation_tokens", "arrow_config", "kasa_config",
        "layer_replication", "monteclora_config", "target_parameters", "trainable_token_indices", "velora_config",
    ];

    // These initialisations change the model's own weights, so the adapter fits no other weights.
    private static readonly string[] RefusedInitialisations = ["pissa", "olora", "corda", "loftq", "lora_ga"];

    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(1);

    /// <summary>Rank of B·A, unless <see cref="RankPattern"/> names another.</summary>
    public required int Rank { get; init; }

    /// <summary>Numerator of the scale, unless <see cref="AlphaPattern"/> names another.</summary>
    public required double Alpha { get; init; }

    /// <summary>The scale is alpha / sqrt(rank) (rsLoRA, arXiv 2312.03732), not alpha / rank.</summary>
    public bool UseRsLora { get; init; }

    /// <summary>Ends of the adapted modules' names. Only the writer uses them; a reader relies on the tensors.</summary>
    public IReadOnlyList<string> TargetModules { get; init; } = [];

    /// <summary>Ranks of some modules, by a regular expression for the end of the name.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> RankPattern { get; init; } = [];

    /// <summary>Alphas of some modules, by a regular expression for the end of the name.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> AlphaPattern { get; init; } = [];

    /// <exception cref="CheckpointException">The file is absent, damaged, or not plain LoRA or rsLoRA.</exception>
    public static LoraConfig Load(string folder)
    {
        var file = JsonFile.Load(Path.Combine(folder, FileName));
        if (file.Text("peft_type") is var type && type != "LORA")
            throw file.Error("peft_type", $"is {(type is null ? "absent" : $"'{type}'")}; only LORA adapters can be merged");
        if (file.Text("bias") is { } bias and not "none")
            throw file.Error("bias", $"is '{bias}': biases that were trained with the adapter cannot be merged; train it with \"none\"");
        foreach (var field in Refused)
        {
            if (file.Value(field) is { } value && !IsIdle(value))
                throw file.Error(field, $"is {value.GetRawText()}, and nothing here does that; only plain LORA and rsLoRA can be merged");
        }
        if (file.Value("init_lora_weights") is { ValueKind: JsonValueKind.String } initial)
            RefuseOwnBase(file, initial.GetString()!);
        return new LoraConfig
        {
            Rank = file.Int("r") is { } rank and > 0 ? rank : throw file.Error("r", "must be a whole number above 0"),
            Alpha = file.Number("lora_alpha") ?? throw file.Error("lora_alpha", "is absent"),
            UseRsLora = file.Bool("use_rslora") ?? false,
            RankPattern = Pattern(file, "rank_pattern", whole: true),
            AlphaPattern = Pattern(file, "alpha_pattern", whole: false),
        };
    }

    public int RankOf(string module) => (int)(Find(RankPattern, module) ?? Rank);

    public double ScaleOf(string module)
    {
        var (alpha, rank) = (Find(AlphaPattern, module) ?? Alpha, (double)RankOf(module));
        return alpha / (UseRsLora ? Math.Sqrt(rank) : rank);
    }

    public void Write(Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        WritePattern(json, "alpha_pattern", AlphaPattern);
        json.WriteNull("base_model_name_or_path");
        json.WriteString("bias", "none");
        json.WriteBoolean("fan_in_fan_out", false);
        json.WriteBoolean("inference_mode", true);
        json.WriteBoolean("init_lora_weights", true);
        json.WriteNumber("lora_alpha", Alpha);
        json.WriteNumber("lora_dropout", 0.0);
        json.WriteNull("modules_to_save");
        json.WriteString("peft_type", "LORA");
        json.WriteNumber("r", Rank);
        WritePattern(json, "rank_pattern", RankPattern);
        json.WriteStartArray("target_modules");
        foreach (var module in TargetModules)
            json.WriteStringValue(module);
        json.WriteEndArray();
        json.WriteNull("task_type");
        json.WriteBoolean("use_dora", false);
        json.WriteBoolean("use_rslora", UseRsLora);
        json.WriteEndObject();
    }

    private static bool IsIdle(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    private static void RefuseOwnBase(JsonFile file, string initial)
    {
        if (RefusedInitialisations.Any(name => initial.StartsWith(name, StringComparison.OrdinalIgnoreCase)))
        {
            throw file.Error(
                "init_lora_weights",
                $"is '{initial}', which changed the model's own weights, too; save it with path_initial_model_for_weight_conversion");
        }
    }

    private static List<KeyValuePair<string, double>> Pattern(JsonFile file, string field, bool whole)
    {
        var patterns = new List<KeyValuePair<string, double>>();
        var inner = file.Object(field);
        foreach (var property in inner.Properties())
        {
            var number = (whole ? inner.Int(property.Name) : inner.Number(property.Name)) ?? 0;
            if (whole && number <= 0)
                throw inner.Error(property.Name, "must be a whole number above 0");
            try
            {
                Matches(property.Name, "");
            }
            catch (ArgumentException)
            {
                throw inner.Error(property.Name, "is no regular expression");
            }
            patterns.Add(new KeyValuePair<string, double>(property.Name, number));
        }
        return patterns;
    }

    private static double? Find(IReadOnlyList<KeyValuePair<string, double>> patterns, string module)
    {
        foreach (var (pattern, value) in patterns)
        {
            if (Matches(pattern, module))
                return value;
        }
        return null;
    }

    // PEFT's rule: the pattern matches the whole name, or its end after a dot. "^" is the name's start, so that only the whole name
    // matches.
    private static bool Matches(string pattern, string module)
    {
        try
        {
            return Regex.IsMatch(module, $@"^(.*\.)?({pattern})$", RegexOptions.CultureInvariant, LongestMatch);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new CheckpointException($"{FileName}: the pattern '{pattern}' takes too long to match; write it more simply.", e);
        }
    }

    private static void WritePattern(Utf8JsonWriter json, string field, IReadOnlyList<KeyValuePair<string, double>> patterns)
    {
        json.WriteStartObject(field);
        foreach (var (pattern, value) in patterns)
            json.WriteNumber(pattern, value);
        json.WriteEndObject();
    }
}
