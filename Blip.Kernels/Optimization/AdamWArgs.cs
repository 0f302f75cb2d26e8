using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// Arguments of <see cref="AdamW"/>: either <see cref="Parameter"/> with <see cref="Length"/>, or <see cref="Weights"/>. Of weights,
/// gradient and moments are <c>[in, out]</c>, the transpose of the checkpoint's matrix.
/// </summary>
public struct AdamWArgs
{
    /// <summary>A parameter in its own layout, <c>[Length]</c>; empty where <see cref="Weights"/> is given.</summary>
    public ArrayView<float> Parameter;

    /// <summary>A packed matrix of single precision; null where <see cref="Parameter"/> is given.</summary>
    public PackedWeights? Weights;

    /// <summary>
    /// The same matrix in 16 bits, which products read: it receives the updated <see cref="Weights"/>, rounded. Null: there is none.
    /// </summary>
    public PackedWeights? Rounded;

    /// <summary>The gradient.</summary>
    public ArrayView<float> Gradient;

    /// <summary>The gradients' running mean.</summary>
    public ArrayView<float> FirstMoment;

    /// <summary>The running mean of their squares.</summary>
    public ArrayView<float> SecondMoment;

    /// <summary>
    /// One float on the device by which the gradient is multiplied, as <see cref="GradientNorm.ClipScale"/> makes it; empty: 1.
    /// </summary>
    public ArrayView<float> GradientScale;

    /// <summary>Elements of <see cref="Parameter"/>.</summary>
    public long Length;

    /// <summary>The learning rate of this step.</summary>
    public double LearningRate;

    /// <summary>The first moment's decay, from 0 to below 1.</summary>
    public double Beta1;

    /// <summary>The second moment's decay, from 0 to below 1.</summary>
    public double Beta2;

    /// <summary>Added to the root of the second moment.</summary>
    public double Epsilon;

    /// <summary>Decay of the parameter, times the learning rate.</summary>
    public double WeightDecay;

    /// <summary>The step's number, from 1: moments that began with zeros are corrected by it.</summary>
    public long Step;
}
