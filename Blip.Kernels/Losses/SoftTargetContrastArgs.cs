using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="SoftTargetContrast"/>: one direction, from images to texts or back. Features have length one.</summary>
public struct SoftTargetContrastArgs
{
    /// <summary>Trained features of one modality <c>[Rows, Dim]</c>.</summary>
    public ArrayView<float> Features;

    /// <summary>Momentum features of the same samples and modality <c>[Rows, Dim]</c>.</summary>
    public ArrayView<float> MomentumFeatures;

    /// <summary>Momentum features of the other modality <c>[Rows, Dim]</c>.</summary>
    public ArrayView<float> OtherBatch;

    /// <summary>Those of earlier batches <c>[QueueLength, Dim]</c>; more rows are ignored; may be empty.</summary>
    public ArrayView<float> OtherQueue;

    /// <summary>The batch's keys <c>[Rows]</c>: columns with a row's key share its hard target evenly.</summary>
    public ArrayView<int> Keys;

    /// <summary>The queue's keys <c>[QueueLength]</c>.</summary>
    public ArrayView<int> QueueKeys;

    /// <summary>Rows of the queue in use.</summary>
    public int QueueLength;

    /// <summary>The divisor of similarities, one float.</summary>
    public ArrayView<float> Temperature;

    /// <summary>The share of the momentum softmax in the targets, from 0 to 1.</summary>
    public float Alpha;

    /// <summary>Each loss's factor: 1 / (2 · Rows) for the mean of both directions.</summary>
    public float RowWeight;

    /// <summary>Receives weight · loss <c>[Rows]</c>.</summary>
    public ArrayView<float> Losses;

    /// <summary>Receives the gradient of the losses' sum <c>[Rows, Dim]</c>; not an input. Empty: only losses are wanted.</summary>
    public ArrayView<float> FeatureGradient;

    /// <summary>The temperature's gradient, one float, added to; empty: not wanted.</summary>
    public ArrayView<float> TemperatureGradient;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Elements of a feature.</summary>
    public int Dim;
}
