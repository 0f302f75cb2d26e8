using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// Arguments of <see cref="AdamW"/>: either <see cref="Parameter"/> with <see cref="Length"/>, or <see cref="Weights"/>. Gradient and
/// moments of weights are <c>[in, out]</c>, the transpose of the checkpoint's matrix.
/// </summary>
public struct AdamWArgs
{
    /// <summary>A flat parameter <c>[Length]</c>; empty with <see cref="Weights"/>.</summary>
    public ArrayView<float> Parameter;

    /// <summary>A packed matrix of single precision; null with <see cref="Parameter"/>.</summary>
    public PackedWeights? Weights;

    /// <summary>Receives <see cref="Weights"/> rounded to 16 bits, for products; or null.</summary>
    public PackedWeights? Rounded;

    /// <summary>The gradient.</summary>
    public ArrayView<float> Gradient;

    /// <summary>The gradients' running mean.</summary>
    public ArrayView<float> FirstMoment;

    /// <summary>The running mean of their squares.</summary>
    public ArrayView<float> SecondMoment;

    /// <summary>The gradient's factor, one float, as <see cref="GradientNorm.ClipScale"/> makes it; empty: 1.</summary>
    public ArrayView<float> GradientScale;

    /// <summary>Elements of <see cref="Parameter"/>.</summary>
    public long Length;

    /// <summary>This step's learning rate.</summary>
    public double LearningRate;

    /// <summary>The first moment's decay, from 0 to below 1.</summary>
    public double Beta1;

    /// <summary>The second moment's decay, from 0 to below 1.</summary>
    public double Beta2;

    /// <summary>Added to the root of the second moment.</summary>
    public double Epsilon;

    /// <summary>The parameter's decay, times the learning rate.</summary>
    public double WeightDecay;

    /// <summary>The step's number, from 1; it corrects moments that started as zeros.</summary>
    public long Step;
}
