using System.Text;
using Library = Microsoft.ML.Tokenizers;

namespace Blip.Runtime.Tokenization;

/// <summary>
/// BERT's WordPiece (Schuster and Nakajima 2012; Devlin et al. 2018): text to token ids and back, as the reference's BertTokenizer does.
/// Safe for any number of threads.
/// </summary>
internal sealed class WordPieceTokenizer
{
    // A token with this start is written without a space before it.
    private static readonly string[] Closing = [".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"];

    private static readonly (string From, string To)[] CleanUps =
        [(" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re")];

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
            // The library counts UTF-16 units where BERT counts characters; the limit is kept in AddWord.
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

    /// <summary>Words of the vocabulary.</summary>
    public int VocabularySize => vocabulary.Tokens.Count;

    /// <summary>Ids that have a word, those of <c>added_tokens</c> among them.</summary>
    public int ListedIds => vocabulary.Tokens.Count + added.Count;

    /// <summary>The id that opens an encoded text ([CLS]).</summary>
    public int ClassId { get; }

    /// <summary>The id that closes an encoded text ([SEP]).</summary>
    public int SeparatorId { get; }

    /// <summary>The id that fills the shorter rows of a batch ([PAD]).</summary>
    public int PaddingId { get; }

    /// <summary>The settings for preparing text, from the model's files.</summary>
    public TokenizerSettings Settings => vocabulary.Settings;

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="path">A model's folder with <c>tokenizer.json</c> or <c>vocab.txt</c> (and <c>tokenizer_config.json</c>), or one of the two files.</param>
    /// <param name="ids">Special ids of the model's configs.</param>
    /// <exception cref="TokenizerException">The file is missing, empty, not a WordPiece vocabulary, or has a word twice.</exception>
    public static WordPieceTokenizer Load(string path, SpecialTokenIds? ids = null) => new(Vocabulary.Load(path), ids ?? new SpecialTokenIds());

    /// <summary>Text to token ids.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="addSpecial">Whether [CLS] opens and [SEP] closes the row.</param>
    /// <param name="maxLength">The row is cut to so many ids, special ones counted; 0: as long as it is.</param>
    public int[] Encode(string text, bool addSpecial = true, int maxLength = 0)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfNegative(maxLength);
        if (addSpecial && maxLength is 1)
            throw new ArgumentOutOfRangeException(nameof(maxLength), maxLength, "[CLS] and [SEP] need two ids: ask for 2 or more, or for no special tokens.");
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

    /// <summary>The words of a text that the vocabulary does not have, each once, as the model's files prepare them: it reads [UNK] there.</summary>
    public IReadOnlyList<string> UnknownWords(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = new List<string>();
        AddText(text, [], words);
        return [.. words.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Token ids to text.</summary>
    /// <param name="ids">Any ids: those outside of the vocabulary, as [DEC] and [ENC], are nothing.</param>
    /// <param name="skipSpecial">Whether special words are left out.</param>
    /// <param name="cleanUp">Whether spaces around apostrophes are closed; null: as the model's files say.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true, bool? cleanUp = null)
    {
        var text = new StringBuilder();
        foreach (var id in ids)
            text.Append(Piece(id, skipSpecial, first: text.Length == 0));
        return CleanUp(text.ToString(), cleanUp);
    }

    /// <summary>Decodes tokens as they come, special words left out.</summary>
    public DecodeStream Stream() => new(this);

    /// <summary>The addition of one token to the text before it; empty for a token that shows nothing.</summary>
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

    /// <summary>Closes spaces around apostrophes where that is wanted.</summary>
    internal string CleanUp(string text, bool? cleanUp = null)
    {
        if (!(cleanUp ?? Settings.CleanUpSpaces))
            return text;
        foreach (var (from, to) in CleanUps)
            text = text.Replace(from, to, StringComparison.Ordinal);
        return text;
    }

    // Special words are found in the text as it was written, before anything is lowered. The next place of each is looked for again once it
    // is passed, and not before: a text of nothing but special words is read once for each of them.
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
