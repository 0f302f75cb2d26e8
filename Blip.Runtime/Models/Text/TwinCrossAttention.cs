using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// Two cross-attentions per layer, one for each image of a pair; BLIP (Li et al. 2022), section 5.4 and figure 5. The first layers average
/// the two results. The later ones apply a matrix to both side by side (the authors' nlvr_encoder.py).
/// </summary>
internal static class TwinCrossAttention
{
    /// <summary>A tower's attentions, two per layer, the first image's first.</summary>
    public static IEnumerable<ModulePath> Of(TextConfig config, ModulePath bert) => Enumerable.Range(0, config.Layers)
        .Select(layer => bert / "encoder" / "layer" / layer / "crossattention")
        .SelectMany(at => (ModulePath[])[Attention(at, 0), Attention(at, 1)]);

    /// <summary>
    /// Records both attentions of a layer, their merging, and the norm: states <c>[rows, tokens, hidden]</c> → the same shape.
    /// </summary>
    public static Value Record(
        GraphBuilder g, TextConfig config, Value x, AttentionInputs attention, int layer, ModulePath at, RecordedOutputs watch)
    {
        var output = at / "output";
        Value first = Dense(0, attention.SourceRow), second = Dense(1, attention.SecondSourceRow);
        if (layer >= ModuleTree.FirstMergedLayer)
        {
            var merged = g.Linear(g.Concatenate(first, second, output / "both"), output / "merge_layer", config.HiddenSize);
            return Norm(g.Add(Noisy(merged), x, output / "residual"), config.LayerNormEps);
        }
        // norm(x + (a + b)/2; ε) is norm(2x + a + b; 4ε): doubling rounds nothing. In this order both sums end in epilogues.
        var twice = g.Add(x, x, output / "twice");
        return Norm(
            attention.Noise is null
                ? g.Add(second, g.Add(first, twice, output / "first"), output / "residual")
                : g.Add(Noisy(g.Add(second, first, output / "sum")), twice, output / "residual"),
            4 * config.LayerNormEps);

        Value Dense(int image, Value? row)
        {
            var attended = TextTower.Attended(
                g, config, x, attention.Source![(2 * layer) + image], attention, row, Attention(at, image), watch);
            return g.Linear(attended, output / (image == 0 ? "dense0" : "dense1"), config.HiddenSize);
        }

        Value Noisy(Value result) => attention.Noise?.Hidden(g, result, output) ?? result;

        Value Norm(Value sum, double epsilon) => g.LayerNorm(sum, output / "LayerNorm", epsilon);
    }

    private static ModulePath Attention(ModulePath crossAttention, int image) => crossAttention / (image == 0 ? "self0" : "self1");
}
