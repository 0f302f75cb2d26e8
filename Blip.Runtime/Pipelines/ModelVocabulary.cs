using Blip.Runtime.Checkpoints;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>Checks a vocabulary against a model's embeddings. With one of another size, captions lack words or have wrong ones.</summary>
internal static class ModelVocabulary
{
    // [DEC] and [ENC] follow BERT's words in the embeddings. No vocab.txt lists them.
    private const int Unlisted = 2;

    /// <summary>Reads a vocabulary for a model. Made-up weights accept a smaller one, since their words mean nothing.</summary>
    public static WordPieceTokenizer Load(string file, TextConfig text, string model, bool isMadeUp)
    {
        var tokenizer = WordPieceTokenizer.Load(
            file, new SpecialTokenIds(Separator: text.SepTokenId, Padding: text.PadTokenId, Start: text.BosTokenId));
        var (words, known) = (tokenizer.VocabularySize, text.VocabularySize);
        if (words <= known && (isMadeUp || tokenizer.ListedIds >= known - Unlisted))
            return tokenizer;
        throw new TokenizerException(
            $"{file}: its {words} words are {(words > known ? "more" : "fewer")} than the {known} that {model} knows; "
            + "give the vocabulary that the model was trained with.");
    }
}
