using Blip.Runtime.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Blip.Bench.Peers.Torch;

/// <summary>The image encoder in float64, for errors.</summary>
internal static class TorchReference
{
    /// <summary>Embeddings <c>[images, tokens, hidden]</c> of pixels <c>[images, 3, side, side]</c>.</summary>
    public static double[] Embeddings(ModelSource source, float[] pixels, int images)
    {
        using var inference = inference_mode(true);
        using var scope = NewDisposeScope();
        using var tensors = source.OpenCheckpoint(BlipHead.Captioning);
        using var weights = new TorchWeights(tensors, ScalarType.Float64);
        var side = source.Config.Vision.ImageSize;
        var vision = new TorchVision(source.Config.Vision, weights);
        return vision.Run(tensor(pixels, [images, 3, side, side], ScalarType.Float64)).data<double>().ToArray();
    }
}
