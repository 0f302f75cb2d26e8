using ILGPU;

namespace Blip.Kernels;

/// <summary>A group that also finds sums, largest values and firsts over all of its members, in an order that depends on its size alone.</summary>
internal interface IReducer
{
    /// <summary>Which member this is.</summary>
    int Index { get; }

    /// <summary>How many there are.</summary>
    int Count { get; }

    /// <summary>The sum of all members' values, given to each.</summary>
    float Sum(float value);

    /// <summary>The largest of all members' values, given to each.</summary>
    float Max(float value);

    /// <summary>The first of all members' candidates, given to each.</summary>
    Candidate First(Candidate candidate);
}

/// <summary>The work-items of the present group, with an entry of shared memory each.</summary>
internal readonly struct GroupReducer(ArrayView<float> values, ArrayView<int> indices) : IReducer
{
    private readonly ArrayView<float> values = values;
    private readonly ArrayView<int> indices = indices;

    public int Index => Group.IdxX;

    public int Count => Group.DimX;

    public float Sum(float value)
    {
        values[Group.IdxX] = value;
        Group.Barrier();
        for (var step = Group.DimX / 2; step > 0; step /= 2)
        {
            if (Group.IdxX < step)
                values[Group.IdxX] += values[Group.IdxX + step];
            Group.Barrier();
        }
        var sum = values[0];
        Group.Barrier();
        return sum;
    }

    public float Max(float value)
    {
        values[Group.IdxX] = value;
        Group.Barrier();
        for (var step = Group.DimX / 2; step > 0; step /= 2)
        {
            if (Group.IdxX < step)
                values[Group.IdxX] = IntrinsicMath.Max(values[Group.IdxX], values[Group.IdxX + step]);
            Group.Barrier();
        }
        var largest = values[0];
        Group.Barrier();
        return largest;
    }

    public Candidate First(Candidate candidate) => Candidate.First(candidate, values, indices);
}

/// <summary>One worker alone.</summary>
internal readonly struct LoneReducer : IReducer
{
    public int Index => 0;

    public int Count => 1;

    public float Sum(float value) => value;

    public float Max(float value) => value;

    public Candidate First(Candidate candidate) => candidate;
}
