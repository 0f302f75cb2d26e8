using Blip.Kernels;
using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Tracing;

/// <summary>The difference of one tensor between two files.</summary>
internal sealed record TensorDifference(string Name, TensorInfo First, TensorInfo Second)
{
    /// <summary>The largest allowed difference as a share of <see cref="Rms"/>; ids must be equal.</summary>
    public double Tolerance { get; init; }

    /// <summary>Why the elements were not compared; null where they were.</summary>
    public string? Reason { get; init; }

    /// <summary>Compared elements, without tokens behind the first different one.</summary>
    public long Compared { get; init; }

    /// <summary>The largest difference of two elements.</summary>
    public double Largest { get; init; }

    /// <summary>Where the largest difference is.</summary>
    public long[] Index { get; init; } = [];

    /// <summary>The two elements there.</summary>
    public (float First, float Second) Values { get; init; }

    /// <summary>Root mean square of the second file's finite elements.</summary>
    public double Rms { get; init; }

    /// <summary>Root mean square of the differences.</summary>
    public double RmsDifference { get; init; }

    /// <summary>Infinite or NaN elements of each file.</summary>
    public (long First, long Second) NotFinite { get; init; }

    /// <summary>Whether the elements are ids, for which any difference counts.</summary>
    public bool IsIds => !First.Type.IsFloatingPoint() && !Second.Type.IsFloatingPoint();

    /// <summary><see cref="Largest"/> as a share of <see cref="Rms"/>; infinite where only one element is finite.</summary>
    public double Relative => Share(Largest);

    /// <summary><see cref="RmsDifference"/> as a share of <see cref="Rms"/>.</summary>
    public double RelativeRms => Share(RmsDifference);

    public bool Differs => Reason is not null || (IsIds ? Largest > 0 : Relative > Tolerance);

    private double Share(double size) => size == 0 ? 0 : Rms == 0 ? double.PositiveInfinity : size / Rms;
}
