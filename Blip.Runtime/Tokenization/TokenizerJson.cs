using System.Text.Json;
using Blip.Runtime.Files;

namespace Blip.Runtime.Tokenization;

/// <summary>Reads Hugging Face's tokenizer files.</summary>
internal static class TokenizerJson
{
    private const string Prefix = "##";

    // Time grows with the square of a word's length; BERT's own limit is 100.
    private const int LongestWord = 10_000;

    public static TokenizerSettings Settings(string path)
    {
        using var document = Parse(path);
        var root = document.RootElement;
        var settings = new TokenizerSettings();
        return settings with
        {
            LowerCase = Flag(root, "do_lower_case") ?? settings.LowerCase,
            StripAccents = Flag(root, "strip_accents"),
            SplitIdeographs = Flag(root, "tokenize_chinese_chars") ?? settings.SplitIdeographs,
            CleanUpSpaces = Flag(root, "clean_up_tokenization_spaces") ?? settings.CleanUpSpaces,
            UnknownToken = Token(root, "unk_token") ?? settings.UnknownToken,
            ClassToken = Token(root, "cls_token") ?? settings.ClassToken,
            SeparatorToken = Token(root, "sep_token") ?? settings.SeparatorToken,
            PaddingToken = Token(root, "pad_token") ?? settings.PaddingToken,
            MaskToken = Token(root, "mask_token") ?? settings.MaskToken,
        };
    }

    /// <summary>Reads <c>tokenizer.json</c>; its preparation overrides <paramref name="settings"/>.</summary>
    public static Vocabulary Vocabulary(string path, TokenizerSettings settings)
    {
        using var document = Parse(path);
        var root = document.RootElement;
        if (Object(root, "model") is not { } model || Object(model, "vocab") is not { } words)
            throw new TokenizerException(
                $"{path}: there is no object model.vocab in it, so it is not a WordPiece tokenizer. Put the model's vocab.txt in its "
                    + $"place.");
        if (String(model, "type") is { } type && type != "WordPiece")
            throw new TokenizerException($"{path}: the tokenizer is of type {type}; BLIP's is WordPiece.");
        if (String(model, "continuing_subword_prefix") is { } prefix && prefix != Prefix)
            throw new TokenizerException($"{path}: continued words are marked by '{prefix}'; only '{Prefix}' is read.");
        if (Number(model, "max_input_chars_per_word") is { } longest and (< 1 or > LongestWord))
            throw new TokenizerException($"{path}: max_input_chars_per_word is {longest}; give 1 to {LongestWord}.");

        settings = settings with
        {
            UnknownToken = String(model, "unk_token") ?? settings.UnknownToken,
            MaxWordLength = Number(model, "max_input_chars_per_word") ?? settings.MaxWordLength,
        };
        if (Object(root, "normalizer") is { } normalizer)
            settings = Normalizer(path, normalizer, settings);
        var tokens = InOrder(path, words);
        return new Vocabulary(path, tokens, settings, Added(path, root, tokens));
    }

    private static TokenizerSettings Normalizer(string path, JsonElement normalizer, TokenizerSettings settings)
    {
        if (String(normalizer, "type") is { } type && type != "BertNormalizer")
            throw new TokenizerException($"{path}: its normalizer is {type}; only BertNormalizer is known.");
        return settings with
        {
            LowerCase = Flag(normalizer, "lowercase") ?? settings.LowerCase,
            StripAccents = Flag(normalizer, "strip_accents"),
            SplitIdeographs = Flag(normalizer, "handle_chinese_chars") ?? settings.SplitIdeographs,
            CleanText = Flag(normalizer, "clean_text") ?? settings.CleanText,
        };
    }

    private static string[] InOrder(string path, JsonElement words)
    {
        var count = words.EnumerateObject().Count();
        var tokens = new string[count];
        foreach (var word in words.EnumerateObject())
        {
            var id = word.Value.ValueKind == JsonValueKind.Number && word.Value.TryGetInt32(out var number) ? number : -1;
            if (id < 0 || id >= count || tokens[id] is not null)
                throw new TokenizerException(
                    $"{path}: '{word.Name}' has the id {JsonInput.Shown(word.Value)}; {count} words need the ids 0 to {count - 1}, each "
                        + $"once.");
            tokens[id] = word.Name;
        }
        return tokens;
    }

    private static Dictionary<string, int> Added(string path, JsonElement root, string[] tokens)
    {
        var (added, ids) = (new Dictionary<string, int>(), new Dictionary<int, string>());
        if (!root.TryGetProperty("added_tokens", out var list) || list.ValueKind != JsonValueKind.Array)
            return added;
        foreach (var entry in list.EnumerateArray().Where(entry => entry.ValueKind == JsonValueKind.Object))
        {
            if (String(entry, "content") is not { Length: > 0 } content || Number(entry, "id") is not { } id || id < tokens.Length)
                continue;
            if (!ids.TryAdd(id, content) && ids[id] != content)
                throw new TokenizerException($"{path}: added_tokens gives the id {id} to '{ids[id]}' and to '{content}'.");
            added[content] = id;
        }
        return added;
    }

    private static JsonDocument Parse(string path)
    {
        var document = JsonInput.Parse(File.ReadAllBytes(path));
        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        document.Dispose();
        throw new TokenizerException($"{path}: a JSON object is expected.");
    }

    private static JsonElement? Object(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    private static string? String(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int? Number(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)
            ? number
            : null;

    private static bool? Flag(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) ? value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    } : null;

    // A string, or an object with the string as its content.
    private static string? Token(JsonElement parent, string name) =>
        String(parent, name) ?? (Object(parent, name) is { } token ? String(token, "content") : null);
}
