using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// BERT's masked-language-model head, which BLIP's decoder uses to predict the next token: dense, activation, norm, word embeddings.
/// </summary>
internal static class LanguageModelHead
{
    /// <summary>
    /// Records the head at <c>text_decoder.cls</c>: states <c>[…, hidden]</c> → logits <c>[…, vocabulary]</c>. The output matrix
    /// <c>[vocabulary, hidden]</c> may be the word embeddings.
    /// </summary>
    public static Value Record(GraphBuilder g, TextConfig config, Value x, Matrix weight, ModulePath cls)
    {
        var at = cls / "predictions";
        var transform = at / "transform";
        x = g.Activate(g.Linear(x, transform / "dense", config.HiddenSize), transform / "transform_act_fn", config.Activation);
        x = g.LayerNorm(x, transform / "LayerNorm", config.LayerNormEps);
        return g.Linear(x, at / "decoder", weight, new Vector([(at / "bias").Path], config.VocabularySize));
    }
}
