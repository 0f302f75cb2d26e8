namespace Blip.Runtime.Tokenization;

/// <summary>The preparation of text and the special words: the contents of <c>tokenizer_config.json</c> and <c>tokenizer.json</c>.</summary>
internal sealed record TokenizerSettings
{
    /// <summary>Words are lowered before they are looked up (<c>do_lower_case</c>).</summary>
    public bool LowerCase { get; init; } = true;

    /// <summary>Accents are taken off (<c>strip_accents</c>); null: where words are lowered.</summary>
    public bool? StripAccents { get; init; }

    /// <summary>Each ideograph is a separate word (<c>tokenize_chinese_chars</c>).</summary>
    public bool SplitIdeographs { get; init; } = true;

    /// <summary>Control characters are dropped and every kind of space becomes one (<c>clean_text</c>).</summary>
    public bool CleanText { get; init; } = true;

    /// <summary>Decoding also closes the spaces around apostrophes (<c>clean_up_tokenization_spaces</c>).</summary>
    public bool CleanUpSpaces { get; init; }

    /// <summary>A longer word, in Unicode characters, is unknown (<c>max_input_chars_per_word</c>).</summary>
    public int MaxWordLength { get; init; } = 100;

    /// <summary>The token of an unknown word.</summary>
    public string UnknownToken { get; init; } = "[UNK]";

    /// <summary>The token that opens an encoded text.</summary>
    public string ClassToken { get; init; } = "[CLS]";

    /// <summary>The token that closes an encoded text.</summary>
    public string SeparatorToken { get; init; } = "[SEP]";

    /// <summary>The token that fills the shorter rows of a batch.</summary>
    public string PaddingToken { get; init; } = "[PAD]";

    /// <summary>The masked word of BERT's own training; never made by encoding, never shown by decoding.</summary>
    public string MaskToken { get; init; } = "[MASK]";

    /// <summary>The special words.</summary>
    internal IEnumerable<string> SpecialTokens => [UnknownToken, ClassToken, SeparatorToken, PaddingToken, MaskToken];
}
