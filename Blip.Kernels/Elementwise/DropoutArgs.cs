using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="Dropout"/>.</summary>
public struct DropoutArgs
{
    /// <summary>[Length].</summary>
    public ArrayView<float> X;

    /// <summary>Receives the result, [Length]; may be X.</summary>
    public ArrayView<float> Y;

    /// <summary>Number of elements.</summary>
    public long Length;

    /// <summary>Neighbours that share a draw: 1 for dropout, the elements of a sample for stochastic depth.</summary>
    public int ElementsPerDraw;

    /// <summary>The share of draws that become zero, from 0 to below 1.</summary>
    public float Probability;

    /// <summary>The step's seed.</summary>
    public ulong Seed;

    /// <summary>Sets these draws apart from those of other places in a step.</summary>
    public int Stream;
}
