using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>A score and where it stands. Higher scores come first; of equal ones the lower index, so that every order of work finds the same.</summary>
internal readonly struct Candidate(float value, int index)
{
    /// <summary>The score; never NaN.</summary>
    public readonly float Value = value;

    /// <summary>Its place; -1 before any.</summary>
    public readonly int Index = index;

    /// <summary>Every score is greater.</summary>
    public static Candidate None => new(float.NegativeInfinity, int.MaxValue);

    /// <summary>Every score is less.</summary>
    public static Candidate Start => new(float.PositiveInfinity, -1);

    /// <summary>Whether this one comes before the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Before(Candidate other) => Value > other.Value || (Value == other.Value && Index < other.Index);

    /// <summary>The first of the group's candidates, given to all of its work-items; the shared arrays hold one entry per work-item.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Candidate First(Candidate mine, ArrayView<float> values, ArrayView<int> indices)
    {
        values[Group.IdxX] = mine.Value;
        indices[Group.IdxX] = mine.Index;
        Group.Barrier();
        for (var step = Group.DimX / 2; step > 0; step /= 2)
        {
            if (Group.IdxX < step)
            {
                var other = new Candidate(values[Group.IdxX + step], indices[Group.IdxX + step]);
                if (other.Before(new Candidate(values[Group.IdxX], indices[Group.IdxX])))
                {
                    values[Group.IdxX] = other.Value;
                    indices[Group.IdxX] = other.Index;
                }
            }
            Group.Barrier();
        }
        var first = new Candidate(values[0], indices[0]);
        Group.Barrier();
        return first;
    }
}
