using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>BERT's masked-language-model head, which BLIP's decoder uses to say the next word: dense, activation, norm, and the word embeddings.</summary>
internal static class LanguageModelHead
{
    /// <summary>Records the head.</summary>
    /// <param name="g">The graph.</param>
    /// <param name="config">The text tower's sizes.</param>
    /// <param name="x">States <c>[…, hidden]</c>.</param>
    /// <param name="weight">The output matrix <c>[vocabulary, hidden]</c>: the word embeddings, or a separate matrix.</param>
    /// <param name="cls">The head's place in the checkpoint: <c>text_decoder.cls</c>.</param>
    /// <returns>Logits <c>[…, vocabulary]</c>.</returns>
    public static Value Record(GraphBuilder g, TextConfig config, Value x, Matrix weight, ModulePath cls)
    {
        var at = cls / "predictions";
        var transform = at / "transform";
        x = g.Activate(g.Linear(x, transform / "dense", config.HiddenSize), transform / "transform_act_fn", config.Activation);
        x = g.LayerNorm(x, transform / "LayerNorm", config.LayerNormEps);
        return g.Linear(x, at / "decoder", weight, new Vector([(at / "bias").Path], config.VocabularySize));
    }
}
