using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Nodes;

namespace Blip.Runtime.Models;

/// <summary>
/// BLIP's image encoder: a vision transformer (Dosovitskiy et al. 2021) with pre-norm blocks; BLIP (Li et al. 2022), section 3.1.
/// </summary>
internal static class VisionTower
{
    public const string Rollout = "vision.rollout";

    /// <summary>
    /// Records the tower: normalised images <c>[batch, 3, height, width]</c> → embeddings <c>[batch, 1 + patches, hidden]</c>. The output
    /// <see cref="Rollout"/> is <c>[batch, 1 + patches, 1 + patches]</c>.
    /// </summary>
    public static Value Record(
        GraphBuilder g, VisionConfig config, Value pixels, RecordedOutputs watch = RecordedOutputs.Nothing, TrainingNoise? noise = null)
    {
        var at = new ModulePath("vision_model");
        var x = Embed(g, config, pixels, at / "embeddings");
        for (var layer = 0; layer < config.Layers; layer++)
        {
            if (watch.HasFlag(RecordedOutputs.HiddenStates))
                g.Output($"vision.hidden.{layer}", x);
            x = Block(g, config, x, layer, Layer(layer), watch, noise);
        }
        if (watch.HasFlag(RecordedOutputs.HiddenStates))
            g.Output($"vision.hidden.{config.Layers}", x);

        var embeddings = g.LayerNorm(x, at / "post_layernorm", config.LayerNormEps);
        if (watch.HasFlag(RecordedOutputs.HiddenStates))
            g.Output("vision.pooler_output", Pooled(g, config, embeddings));
        if (watch.HasFlag(RecordedOutputs.Rollout))
            g.Output(Rollout, g.Rollout(at));
        return embeddings;
    }

    public static ModulePath Layer(int layer) => new ModulePath("vision_model") / "encoder" / "layers" / layer;

    /// <summary>
    /// Records the pooled output <c>[batch, hidden]</c>, which only BlipModel reads: position 0, normalised a second time as in the
    /// reference.
    /// </summary>
    public static Value Pooled(GraphBuilder g, VisionConfig config, Value embeddings)
    {
        var at = new ModulePath("vision_model");
        return g.LayerNorm(g.SelectToken(embeddings, null, at / "pooler" / "first"), at / "post_layernorm", config.LayerNormEps);
    }

    private static Value Embed(GraphBuilder g, VisionConfig config, Value pixels, ModulePath at)
    {
        var (hidden, patch, side) = (config.HiddenSize, config.PatchSize, config.ImageSize / config.PatchSize);
        var convolution = at / "patch_embedding";
        var patches = g.Patchify(pixels, patch, at / "patches");
        var embedded = g.Linear(
            patches, convolution,
            new Matrix([(convolution / "weight").Path], hidden, patches.Shape.Width), new Vector([(convolution / "bias").Path], hidden));

        var positions = g.Parameter(at / "position_embedding", new Shape(1, 1 + (side * side), hidden));
        var (height, width) = (pixels.Shape[2].Size / patch, pixels.Shape[3].Size / patch);
        if ((height, width) != (side, side))
            positions = g.InterpolatePositions(positions, (side, side), (height, width), at / "interpolated_position_embedding");
        return g.AssembleTokens(embedded, g.Parameter(at / "class_embedding", new Shape(1, 1, hidden)), positions, at);
    }

    // x + attention(norm(x)), then x + mlp(norm(x)).
    private static Value Block(
        GraphBuilder g, VisionConfig config, Value x, int layer, ModulePath at, RecordedOutputs watch, TrainingNoise? noise)
    {
        var hidden = config.HiddenSize;
        var attention = at / "self_attn";
        var normed = g.LayerNorm(x, at / "layer_norm1", config.LayerNormEps);
        var qkv = g.Linear(normed, attention / "qkv", 3 * hidden);
        var attended = g.Attention(
            new AttentionSpec
            {
                Query = new Columns(qkv, 0, hidden),
                Key = new Columns(qkv, hidden, hidden),
                Value = new Columns(qkv, 2 * hidden, hidden),
                Heads = config.Heads,
            },
            attention, (watch & (RecordedOutputs.Attentions | RecordedOutputs.Rollout)) != RecordedOutputs.Nothing);
        x = g.Add(Branch(g.Linear(attended, attention / "projection", hidden), attention), x, attention / "residual");

        var mlp = at / "mlp";
        normed = g.LayerNorm(x, at / "layer_norm2", config.LayerNormEps);
        var inner = g.Activate(g.Linear(normed, mlp / "fc1", config.IntermediateSize), mlp / "activation_fn", config.Activation);
        return g.Add(Branch(g.Linear(inner, mlp / "fc2", hidden), mlp), x, mlp / "residual");

        Value Branch(Value branch, ModulePath module) => noise?.Path(g, branch, layer, config.Layers, module) ?? branch;
    }
}
