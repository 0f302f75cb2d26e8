using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="SoftTargetContrast"/>: one direction, from images to texts or back. Features are rows of length one.</summary>
public struct SoftTargetContrastArgs
{
    /// <summary>Trained features of one modality, <c>[Rows, Dim]</c>.</summary>
    public ArrayView<float> Features;

    /// <summary>The momentum copy's features of the same samples and modality, <c>[Rows, Dim]</c>.</summary>
    public ArrayView<float> MomentumFeatures;

    /// <summary>The momentum copy's features of the other modality, <c>[Rows, Dim]</c>.</summary>
    public ArrayView<float> OtherBatch;

    /// <summary>Those of earlier batches, of which the first <see cref="QueueLength"/> rows count, <c>[QueueLength, Dim]</c>; empty for none.</summary>
    public ArrayView<float> OtherQueue;

    /// <summary>The batch's keys, <c>[Rows]</c>: columns with a row's key share its hard target evenly.</summary>
    public ArrayView<int> Keys;

    /// <summary>The queue's keys, <c>[QueueLength]</c>.</summary>
    public ArrayView<int> QueueKeys;

    /// <summary>Rows of the queue that count, at least 0.</summary>
    public int QueueLength;

    /// <summary>The divisor of similarities: one float on the device.</summary>
    public ArrayView<float> Temperature;

    /// <summary>The share of the momentum copy's softmax in the targets, from 0 to 1.</summary>
    public float Alpha;

    /// <summary>The factor of each row's loss: 1 / (2 · Rows) for the mean of both directions.</summary>
    public float RowWeight;

    /// <summary>Receives weight · loss of each row, <c>[Rows]</c>.</summary>
    public ArrayView<float> Losses;

    /// <summary>Receives the gradient of the losses' sum, <c>[Rows, Dim]</c>; none of the inputs. Empty: only losses are wanted.</summary>
    public ArrayView<float> FeatureGradient;

    /// <summary>The gradient with respect to the temperature, one float, added to; empty: not wanted.</summary>
    public ArrayView<float> TemperatureGradient;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Elements of a feature.</summary>
    public int Dim;
}
