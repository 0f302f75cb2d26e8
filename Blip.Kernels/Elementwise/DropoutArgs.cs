using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="Dropout"/>.</summary>
public struct DropoutArgs
{
    /// <summary>[Length].</summary>
    public ArrayView<float> X;

    /// <summary>Receives the result, [Length]; may be X.</summary>
    public ArrayView<float> Y;

    /// <summary>Elements.</summary>
    public long Length;

    /// <summary>Contiguous elements that share a draw: 1 for dropout, a sample's elements for stochastic depth.</summary>
    public int ElementsPerDraw;

    /// <summary>The share of draws that become zero, from 0 to below 1.</summary>
    public float Probability;

    /// <summary>The step's seed.</summary>
    public ulong Seed;

    /// <summary>Separates these draws from others in a step.</summary>
    public int Stream;
}
