using System.Text;
using Library = Microsoft.ML.Tokenizers;

namespace Blip.Runtime.Tokenization;

/// <summary>
/// BERT's WordPiece (Schuster and Nakajima 2012; Devlin et al. 2018): text to token ids and back, like the reference's BertTokenizer.
/// Thread-safe.
/// </summary>
internal sealed class WordPieceTokenizer
{
    // A token with such a start has no space before it.
    private static readonly string[] Closing = [".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"];

    private static readonly (string From, string To)[] CleanUps =
        [(" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"),
            (" 're", "'re")];

    private readonly Library.WordPieceTokenizer words;
    private readonly Vocabulary vocabulary;
    private readonly Dictionary<string, int> special = [];
    private readonly HashSet<int> hidden = [];
    private readonly Dictionary<int, string> added;
    private readonly int unknown;

    private WordPieceTokenizer(Vocabulary vocabulary, SpecialTokenIds ids)
    {
        this.vocabulary = vocabulary;
        using var lines = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', vocabulary.Tokens)));
        words = Library.WordPieceTokenizer.Create(lines, new Library.WordPieceOptions
        {
            UnknownToken = vocabulary.Settings.UnknownToken,
            // The library counts UTF-16 units, BERT characters: AddWord enforces the limit.
            MaxInputCharsPerWord = 2 * vocabulary.Settings.MaxWordLength,
        });
        added = vocabulary.Added.ToDictionary(entry => entry.Value, entry => entry.Key);
        foreach (var (token, id) in vocabulary.Added)
            special[token] = id;
        for (var id = 0; id < vocabulary.Tokens.Count; id++)
        {
            if (vocabulary.Settings.SpecialTokens.Contains(vocabulary.Tokens[id]))
                special[vocabulary.Tokens[id]] = id;
        }
        unknown = special[vocabulary.Settings.UnknownToken];
        ClassId = ids.Class ?? special[vocabulary.Settings.ClassToken];
        SeparatorId = ids.Separator ?? special[vocabulary.Settings.SeparatorToken];
        PaddingId = ids.Padding ?? special.GetValueOrDefault(vocabulary.Settings.PaddingToken);
        hidden.UnionWith(special.Values);
        hidden.UnionWith([ClassId, SeparatorId, PaddingId]);
        if (ids.Start is { } start)
            hidden.Add(start);
    }

    public int VocabularySize => vocabulary.Tokens.Count;

    /// <summary>Ids with a token, including <c>added_tokens</c>.</summary>
    public int ListedIds => vocabulary.Tokens.Count + added.Count;

    /// <summary>Opens an encoded text ([CLS]).</summary>
    public int ClassId { get; }

    /// <summary>Closes an encoded text ([SEP]).</summary>
    public int SeparatorId { get; }

    /// <summary>Fills shorter rows of a batch ([PAD]).</summary>
    public int PaddingId { get; }

    public TokenizerSettings Settings => vocabulary.Settings;

    /// <summary>
    /// Reads a model's folder with <c>tokenizer.json</c> or <c>vocab.txt</c> (and <c>tokenizer_config.json</c>), or one of the two files.
    /// </summary>
    /// <exception cref="TokenizerException">The file is missing, empty, not a WordPiece vocabulary, or has a token twice.</exception>
    public static WordPieceTokenizer Load(string path, SpecialTokenIds? ids = null) =>
        new(Vocabulary.Load(path), ids ?? new SpecialTokenIds());

    /// <summary>Text to token ids, at most <paramref name="maxLength"/> including [CLS] and [SEP]; 0 for no limit.</summary>
    public int[] Encode(string text, bool addSpecial = true, int maxLength = 0)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfNegative(maxLength);
        if (addSpecial && maxLength is 1)
            throw new ArgumentOutOfRangeException(
                nameof(maxLength), maxLength, "[CLS] and [SEP] need two ids: ask for 2 or more, or for no special tokens.");
        var ids = new List<int>();
        if (addSpecial)
            ids.Add(ClassId);
        AddText(text, ids);
        var room = maxLength == 0 ? ids.Count : maxLength - (addSpecial ? 1 : 0);
        if (ids.Count > room)
            ids.RemoveRange(room, ids.Count - room);
        if (addSpecial)
            ids.Add(SeparatorId);
        return [.. ids];
    }

    /// <summary>The distinct prepared words of a text that the vocabulary lacks: they become [UNK].</summary>
    public IReadOnlyList<string> UnknownWords(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = new List<string>();
        AddText(text, [], words);
        return [.. words.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>
    /// Token ids to text; ids without a token are skipped. A null <paramref name="cleanUp"/> follows the model's files; true closes spaces
    /// around apostrophes.
    /// </summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true, bool? cleanUp = null)
    {
        var text = new StringBuilder();
        foreach (var id in ids)
            text.Append(Piece(id, skipSpecial, first: text.Length == 0));
        return CleanUp(text.ToString(), cleanUp);
    }

    /// <summary>Decodes token by token without special tokens.</summary>
    public DecodeStream Stream() => new(this);

    /// <summary>A token's addition to the text; empty for a hidden token.</summary>
    internal string Piece(int id, bool skipSpecial, bool first)
    {
        if (skipSpecial && hidden.Contains(id))
            return "";
        var token = id >= 0 && id < vocabulary.Tokens.Count ? vocabulary.Tokens[id] : added.GetValueOrDefault(id);
        if (token is null or "" || first)
            return token ?? "";
        if (token.StartsWith("##", StringComparison.Ordinal))
            return token[2..];
        return Closing.Any(closing => token.StartsWith(closing, StringComparison.Ordinal)) ? token : " " + token;
    }

    internal string CleanUp(string text, bool? cleanUp = null)
    {
        if (!(cleanUp ?? Settings.CleanUpSpaces))
            return text;
        foreach (var (from, to) in CleanUps)
            text = text.Replace(from, to, StringComparison.Ordinal);
        return text;
    }

    // Special tokens are found in the original text, before anything is lowered. Each one's next place is searched only when the last is
    // passed: the text is read once for each.
    private void AddText(string text, List<int> ids, List<string>? unknownWords = null)
    {
        (string Word, int At)[] places = [.. special.Keys.Select(word => (word, -1))];
        for (var position = 0; position < text.Length;)
        {
            var (start, token) = (text.Length, "");
            foreach (ref var place in places.AsSpan())
            {
                if (place.At < position)
                    place.At = text.IndexOf(place.Word, position, StringComparison.Ordinal) is var at and >= 0 ? at : int.MaxValue;
                if (place.At < start || (place.At == start && place.Word.Length > token.Length))
                    (start, token) = (place.At, place.Word);
            }
            foreach (var word in BertText.Words(text.AsSpan(position, start - position), Settings))
                AddWord(word, ids, unknownWords);
            if (token.Length > 0)
                ids.Add(special[token]);
            position = start + token.Length;
        }
    }

    private void AddWord(string word, List<int> ids, List<string>? unknownWords)
    {
        var before = ids.Count;
        if (word.EnumerateRunes().Count() > Settings.MaxWordLength)
            ids.Add(unknown);
        else
            ids.AddRange(words.EncodeToIds(word, considerPreTokenization: false, considerNormalization: false));
        if (ids.Count == before + 1 && ids[before] == unknown)
            unknownWords?.Add(word);
    }
}
