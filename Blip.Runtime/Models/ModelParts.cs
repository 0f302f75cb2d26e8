using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Models;

/// <summary>What a model is made from.</summary>
/// <param name="Config">Its sizes.</param>
/// <param name="Device">Where it is to run.</param>
/// <param name="Tensors">Its weights, checked; the model takes them over.</param>
/// <param name="Options">How it is put there.</param>
/// <param name="Cache">Where packed weights are kept; null keeps none.</param>
internal sealed record ModelParts(BlipConfig Config, Device Device, Checkpoint Tensors, ModelOptions Options, PackedCache? Cache)
{
    /// <summary>Key of a decoder's output matrix; null where it is tied to the word embeddings.</summary>
    public string? OutputMatrix => Tensors.HasTiedOutput ? null : CheckpointKeys.OutputMatrix;
}
