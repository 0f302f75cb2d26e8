namespace Blip.Runtime.Pipelines;

/// <summary>How far a model is on its way to a device.</summary>
/// <param name="Stage">The current stage.</param>
/// <param name="Fraction">How much of the stage is done, from 0 to 1.</param>
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
