using Blip.Runtime.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Blip.Bench.Peers.Torch;

/// <summary>BLIP's image encoder from libtorch's fused operators.</summary>
internal sealed class TorchVision
{
    private readonly VisionConfig config;
    private readonly Tensor patchWeight, patchBias, classToken, positions;
    private readonly Layer[] layers;
    private readonly LayerNorm last;

    public TorchVision(VisionConfig config, TorchWeights weights)
    {
        const string At = "vision_model.";
        this.config = config;
        (patchWeight, patchBias) =
            (weights.Load(At + "embeddings.patch_embedding.weight"), weights.Load(At + "embeddings.patch_embedding.bias"));
        (classToken, positions) = (weights.Load(At + "embeddings.class_embedding"), weights.Load(At + "embeddings.position_embedding"));
        layers = [.. Enumerable.Range(0, config.Layers).Select(index => $"{At}encoder.layers.{index}.").Select(at => new Layer(
            weights.LayerNorm(at + "layer_norm1", config.LayerNormEps),
            weights.Linear(at + "self_attn.qkv"),
            weights.Linear(at + "self_attn.projection"),
            weights.LayerNorm(at + "layer_norm2", config.LayerNormEps),
            weights.Linear(at + "mlp.fc1"),
            weights.Linear(at + "mlp.fc2")))];
        last = weights.LayerNorm(At + "post_layernorm", config.LayerNormEps);
    }

    /// <summary>Pixels <c>[images, 3, side, side]</c> to embeddings <c>[images, tokens, hidden]</c>; the caller disposes them.</summary>
    public Tensor Run(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        var images = pixels.shape[0];
        var patches = functional.conv2d(pixels, patchWeight, patchBias, [config.PatchSize, config.PatchSize]).flatten(2).transpose(1, 2);
        var x = cat([classToken.expand(images, 1, config.HiddenSize), patches], 1).add_(positions);
        foreach (var layer in layers)
        {
            using var inner = NewDisposeScope();
            var qkv = layer.Qkv.Run(layer.Norm1.Run(x)).view(images, -1, 3, config.Heads, config.HeadDim).permute(2, 0, 3, 1, 4);
            var attended = functional.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2]).transpose(1, 2).reshape(
                images, -1, config.HiddenSize);
            x.add_(layer.Projection.Run(attended));
            x.add_(layer.Down.Run(functional.gelu(layer.Up.Run(layer.Norm2.Run(x)))));
        }
        return last.Run(x).MoveToOuterDisposeScope();
    }

    private sealed record Layer(LayerNorm Norm1, Linear Qkv, Linear Projection, LayerNorm Norm2, Linear Up, Linear Down);
}
