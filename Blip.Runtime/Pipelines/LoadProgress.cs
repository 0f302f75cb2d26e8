namespace Blip.Runtime.Pipelines;

/// <summary>Progress of loading a model.</summary>
/// <param name="Stage">The current stage.</param>
/// <param name="Fraction">The finished part of the stage, from 0 to 1.</param>
public readonly record struct LoadProgress(LoadStage Stage, double Fraction);

/// <summary>The stages of a load.</summary>
public enum LoadStage
{
    /// <summary>Reading the weights and packing them on the device.</summary>
    Weights,

    /// <summary>Running one image through the model (<see cref="PipelineOptions.WarmUp"/>).</summary>
    WarmUp,

    /// <summary>Done.</summary>
    Ready,
}
