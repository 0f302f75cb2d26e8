using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Models;

namespace Blip.Training.Objectives;

/// <summary>The training settings that all objectives share.</summary>
/// <param name="Trains">Whether a tensor is trained, by its key.</param>
internal sealed record ObjectiveSettings(Func<string, bool> Trains)
{
    /// <summary>Dropout; null for none.</summary>
    public TrainingNoise? Noise { get; init; }

    /// <summary>The format of matrices and products.</summary>
    public DType Precision { get; init; } = DType.Float32;

    /// <summary>Last vision layers to recompute in the backward pass.</summary>
    public int CheckpointLayers { get; init; }

    /// <summary>The paths of those layers.</summary>
    public IReadOnlyList<ModulePath> Checkpoints(BlipConfig config) =>
        [.. Enumerable.Range(0, config.Vision.Layers).TakeLast(CheckpointLayers).Select(VisionTower.Layer)];
}
