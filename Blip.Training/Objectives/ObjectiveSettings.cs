using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Models;

namespace Blip.Training.Objectives;

/// <summary>The settings of a step's training: the same for each objective.</summary>
/// <param name="Trains">Whether a tensor is trained, by its key.</param>
internal sealed record ObjectiveSettings(Func<string, bool> Trains)
{
    /// <summary>The random omissions; null for none.</summary>
    public TrainingNoise? Noise { get; init; }

    /// <summary>The format of matrices and products: single precision, or 16 bits.</summary>
    public DType Precision { get; init; } = DType.Float32;

    /// <summary>The vision tower's last layers of which the values are computed again on the way back.</summary>
    public int CheckpointLayers { get; init; }

    /// <summary>The places of those layers.</summary>
    public IReadOnlyList<ModulePath> Checkpoints(BlipConfig config) =>
        [.. Enumerable.Range(0, config.Vision.Layers).TakeLast(CheckpointLayers).Select(VisionTower.Layer)];
}
