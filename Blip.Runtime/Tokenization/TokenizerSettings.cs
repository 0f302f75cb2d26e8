namespace Blip.Runtime.Tokenization;

/// <summary>The preparation of text and the special tokens, from <c>tokenizer_config.json</c> and <c>tokenizer.json</c>.</summary>
internal sealed record TokenizerSettings
{
    /// <summary><c>do_lower_case</c>.</summary>
    public bool LowerCase { get; init; } = true;

    /// <summary><c>strip_accents</c>; null means where words are lowered.</summary>
    public bool? StripAccents { get; init; }

    /// <summary>Each ideograph is a word (<c>tokenize_chinese_chars</c>).</summary>
    public bool SplitIdeographs { get; init; } = true;

    /// <summary>Drops control characters and makes every kind of space one (<c>clean_text</c>).</summary>
    public bool CleanText { get; init; } = true;

    /// <summary>Decoding also closes spaces around apostrophes (<c>clean_up_tokenization_spaces</c>).</summary>
    public bool CleanUpSpaces { get; init; }

    /// <summary>Longer words, in Unicode characters, are unknown (<c>max_input_chars_per_word</c>).</summary>
    public int MaxWordLength { get; init; } = 100;

    public string UnknownToken { get; init; } = "[UNK]";

    /// <summary>Opens an encoded text.</summary>
    public string ClassToken { get; init; } = "[CLS]";

    /// <summary>Closes an encoded text.</summary>
    public string SeparatorToken { get; init; } = "[SEP]";

    /// <summary>Fills shorter rows of a batch.</summary>
    public string PaddingToken { get; init; } = "[PAD]";

    /// <summary>The mask of BERT's own training.</summary>
    public string MaskToken { get; init; } = "[MASK]";

    internal IEnumerable<string> SpecialTokens => [UnknownToken, ClassToken, SeparatorToken, PaddingToken, MaskToken];
}
