using Blip.Runtime.Checkpoints;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>A model's words, held to its embeddings: with a vocabulary of another size captions lack words, or have others.</summary>
internal static class ModelVocabulary
{
    // [DEC] and [ENC] stand behind BERT's words in the embeddings, and in no vocab.txt.
    private const int Unlisted = 2;

    /// <summary>Reads a vocabulary for a model.</summary>
    /// <param name="file">The vocabulary.</param>
    /// <param name="text">The model's sizes and special ids.</param>
    /// <param name="model">The model's name in errors.</param>
    /// <param name="isMadeUp">Whether the weights are made up, so that their words mean nothing.</param>
    /// <exception cref="TokenizerException">It cannot be read, or has more or fewer words than the model.</exception>
    public static WordPieceTokenizer Load(string file, TextConfig text, string model, bool isMadeUp)
    {
        var tokenizer = WordPieceTokenizer.Load(file, new SpecialTokenIds(Separator: text.SepTokenId, Padding: text.PadTokenId, Start: text.BosTokenId));
        var (words, known) = (tokenizer.VocabularySize, text.VocabularySize);
        if (words <= known && (isMadeUp || tokenizer.ListedIds >= known - Unlisted))
            return tokenizer;
        throw new TokenizerException(
            $"{file}: its {words} words are {(words > known ? "more" : "fewer")} than the {known} that {model} knows; "
            + "give the vocabulary that the model was trained with.");
    }
}
