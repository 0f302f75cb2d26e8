using Blip.Kernels;
using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Tracing;

/// <summary>How one tensor differs between two files.</summary>
/// <param name="Name">Its name.</param>
/// <param name="First">Shape and type in the first file.</param>
/// <param name="Second">Shape and type in the second file.</param>
internal sealed record TensorDifference(string Name, TensorInfo First, TensorInfo Second)
{
    /// <summary>How far an element may be off, as a share of <see cref="Rms"/>; ids may not be off at all.</summary>
    public double Tolerance { get; init; }

    /// <summary>Why the elements could not be compared; null where they were.</summary>
    public string? Reason { get; init; }

    /// <summary>Elements that were compared: tokens behind the first one that differs are left out.</summary>
    public long Compared { get; init; }

    /// <summary>The largest difference of two elements.</summary>
    public double Largest { get; init; }

    /// <summary>Where it is.</summary>
    public long[] Index { get; init; } = [];

    /// <summary>The two elements there.</summary>
    public (float First, float Second) Values { get; init; }

    /// <summary>Root mean square of the second file's elements that are finite.</summary>
    public double Rms { get; init; }

    /// <summary>Root mean square of the differences.</summary>
    public double RmsDifference { get; init; }

    /// <summary>Elements that are infinite or not a number, in each file.</summary>
    public (long First, long Second) NotFinite { get; init; }

    /// <summary>Whether the elements are ids, of which any difference counts.</summary>
    public bool IsIds => !First.Type.IsFloatingPoint() && !Second.Type.IsFloatingPoint();

    /// <summary>The largest difference as a share of <see cref="Rms"/>; infinite where only one element is finite.</summary>
    public double Relative => Share(Largest);

    /// <summary>The root mean square of the differences as a share of <see cref="Rms"/>.</summary>
    public double RelativeRms => Share(RmsDifference);

    /// <summary>Whether this is a difference.</summary>
    public bool Differs => Reason is not null || (IsIds ? Largest > 0 : Relative > Tolerance);

    private double Share(double size) => size == 0 ? 0 : Rms == 0 ? double.PositiveInfinity : size / Rms;
}
