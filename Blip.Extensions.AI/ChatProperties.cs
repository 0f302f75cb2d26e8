using System.Globalization;
using System.Text.Json;
using Blip.Runtime.Generation;
using Microsoft.Extensions.AI;

namespace Blip.Extensions.AI;

/// <summary>A chat's additional properties: BLIP's further options, named as in Hugging Face's <c>generate()</c>.</summary>
internal sealed class ChatProperties
{
    private const string PromptKey = "prompt", CandidatesKey = "candidates";

    private static readonly Dictionary<string, Func<GenerationOptions, Property, GenerationOptions>> Settings = new(StringComparer.Ordinal)
    {
        ["num_beams"] = (options, value) => options with { NumBeams = value.Whole() },
        ["length_penalty"] = (options, value) => options with { LengthPenalty = value.Number() },
        ["repetition_penalty"] = (options, value) => options with { RepetitionPenalty = value.Number() },
        ["no_repeat_ngram_size"] = (options, value) => options with { NoRepeatNgramSize = value.Whole() },
        ["min_new_tokens"] = (options, value) => options with { MinNewTokens = value.Whole() },
        ["min_p"] = (options, value) => options with { MinP = value.Number() },
    };

    private readonly List<Property> settings = [];

    /// <summary>Reads properties of a question (<paramref name="asks"/>) or of a caption, whose names differ.</summary>
    /// <exception cref="ArgumentException">One is unknown, of the wrong type, or not for this.</exception>
    public ChatProperties(AdditionalPropertiesDictionary? properties, bool asks)
    {
        foreach (var (name, value) in properties ?? [])
        {
            var property = new Property(name, value);
            if (asks && name == CandidatesKey)
                Candidates = property.Texts();
            else if (!asks && name == PromptKey)
                Prompt = property.Text();
            else if (Settings.ContainsKey(name))
                settings.Add(property);
            else
                throw property.Refused(
                    $"is unknown{(name is PromptKey or CandidatesKey ? $" to {(asks ? "questions" : "captions")}" : "")}; known are "
                    + string.Join(", ", Settings.Keys.Append(asks ? CandidatesKey : PromptKey).Order(StringComparer.Ordinal)));
        }
    }

    public string? Prompt { get; }

    public IReadOnlyList<string> Candidates { get; } = [];

    public GenerationOptions Apply(GenerationOptions options) =>
        settings.Aggregate(options, (result, property) => Settings[property.Name](result, property));

    private readonly record struct Property(string Name, object? Value)
    {
        public int Whole() => Value switch
        {
            int or long or short or byte when Convert.ToInt64(Value, CultureInfo.InvariantCulture) is var number and >= int.MinValue
                and <= int.MaxValue => (int)number,
            JsonElement { ValueKind: JsonValueKind.Number } json when json.TryGetInt32(out var number) => number,
            _ => throw Refused("is no whole number"),
        };

        public double Number() => Value switch
        {
            int or long or short or byte or float or double or decimal => Convert.ToDouble(Value, CultureInfo.InvariantCulture),
            JsonElement { ValueKind: JsonValueKind.Number } json when json.TryGetDouble(out var number) => number,
            _ => throw Refused("is no number"),
        };

        public string Text() => Value switch
        {
            string text => text,
            JsonElement { ValueKind: JsonValueKind.String } json => json.GetString()!,
            _ => throw Refused("is no text"),
        };

        public IReadOnlyList<string> Texts()
        {
            var texts = Value switch
            {
                IEnumerable<string> list => list.ToList(),
                JsonElement { ValueKind: JsonValueKind.Array } json
                    when json.EnumerateArray().All(text => text.ValueKind == JsonValueKind.String) =>
                    json.EnumerateArray().Select(text => text.GetString()!).ToList(),
                _ => throw Refused("is no list of texts"),
            };
            return texts.Count > 0 ? texts : throw Refused("is an empty list");
        }

        public ArgumentException Refused(string reason) =>
            new($"The additional property '{Name}' {reason}.", nameof(ChatOptions.AdditionalProperties));
    }
}
