using System.Buffers;
using System.Text;
using System.Text.Json;
using Blip.Runtime.Files;

namespace Blip.Runtime.Tokenization;

/// <summary>
/// A model's tokens by id, and the preparation of text. <c>Source</c> is the file in messages. <c>Added</c> has the ids of special tokens
/// beyond the vocabulary.
/// </summary>
internal sealed record Vocabulary(
    string Source, IReadOnlyList<string> Tokens, TokenizerSettings Settings, IReadOnlyDictionary<string, int> Added)
{
    // bert-base-uncased's files are 0.2 and 0.7 MB.
    private const long MaxFileBytes = 64 << 20;

    private static readonly Dictionary<string, int> None = [];

    // Line ends of Python or .NET.
    private static readonly SearchValues<char> LineEnds = SearchValues.Create("\r\n");

    /// <summary>Reads <c>tokenizer.json</c> or <c>vocab.txt</c>, and <c>tokenizer_config.json</c> beside it.</summary>
    public static Vocabulary Load(string path)
    {
        if (Directory.Exists(path))
        {
            var (json, text) = (Path.Combine(path, "tokenizer.json"), Path.Combine(path, "vocab.txt"));
            return File.Exists(json) ? Load(json) : File.Exists(text) ? Load(text)
                : throw new TokenizerException(
                    $"{path}: there is neither vocab.txt nor tokenizer.json. Copy one of them there from where the model came.");
        }
        if (!File.Exists(path))
            throw new TokenizerException($"{path}: no such vocabulary. Name a vocab.txt, a tokenizer.json, or the folder that holds one.");
        if (new FileInfo(path).Length > MaxFileBytes)
            throw new TokenizerException($"{path}: larger than {MaxFileBytes >> 20} MiB, so it is not a vocabulary.");
        try
        {
            var config = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "tokenizer_config.json");
            var settings = File.Exists(config) ? TokenizerJson.Settings(config) : new TokenizerSettings();
            var vocabulary = Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase)
                ? TokenizerJson.Vocabulary(path, settings)
                : new Vocabulary(path, Lines(path), settings, None);
            return vocabulary.Checked();
        }
        catch (Exception error)
            when (error is IOException or UnauthorizedAccessException or DecoderFallbackException or JsonException
            or InvalidOperationException or FormatException)
        {
            var reason = error switch
            {
                DecoderFallbackException => "it is not text in UTF-8",
                InvalidOperationException or FormatException => "a value in it is of another kind",
                _ => FailureReason.Of(error),
            };
            throw new TokenizerException($"{path}: the vocabulary cannot be read: {reason}.", error);
        }
    }

    private static string[] Lines(string path)
    {
        using var reader = new StreamReader(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
        var text = reader.ReadToEnd();
        if (OtherContent.Objection(Encoding.UTF8.GetBytes(text[..Math.Min(text.Length, OtherContent.HeadLength)])) is { } other)
            throw new TokenizerException($"{path}: {other}.");
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
        return lines[^1].Length == 0 ? lines[..^1] : lines;
    }

    private Vocabulary Checked()
    {
        if (Tokens.Count == 0)
            throw new TokenizerException($"{Source}: the vocabulary is empty.");
        var ids = new Dictionary<string, int>(Tokens.Count);
        for (var id = 0; id < Tokens.Count; id++)
        {
            if (Tokens[id].Length == 0)
                throw new TokenizerException($"{Source}: the word of id {id} (line {id + 1}) is empty.");
            // The reference's reader would take it for two tokens and shift all later ids.
            if (Tokens[id].AsSpan().ContainsAny(LineEnds))
                throw new TokenizerException(
                    $"{Source}: the word of id {id} holds a line end; put the model's own vocabulary in its place.");
            if (!ids.TryAdd(Tokens[id], id))
                throw new TokenizerException($"{Source}: '{Tokens[id]}' stands there twice, as id {ids[Tokens[id]]} and as id {id}.");
        }
        foreach (var token in new[] { Settings.UnknownToken, Settings.ClassToken, Settings.SeparatorToken })
        {
            if (!ids.ContainsKey(token) && !Added.ContainsKey(token))
                throw new TokenizerException(
                    $"{Source}: the special word {token} is missing, so this is not the vocabulary of a BERT tokenizer.");
        }
        return this;
    }
}
