using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>A score and its index. Higher scores come first, ties by lower index, so every order of work gives the same.</summary>
internal readonly struct Candidate(float value, int index)
{
    /// <summary>Never NaN.</summary>
    public readonly float Value = value;

    /// <summary>Its index; -1 before any.</summary>
    public readonly int Index = index;

    /// <summary>After every score.</summary>
    public static Candidate None => new(float.NegativeInfinity, int.MaxValue);

    /// <summary>Before every score.</summary>
    public static Candidate Start => new(float.PositiveInfinity, -1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Before(Candidate other) => Value > other.Value || (Value == other.Value && Index < other.Index);

    /// <summary>Gives the group's first candidate to each work-item. Shared arrays hold an entry per work-item.</summary>
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
