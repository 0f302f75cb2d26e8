using ILGPU;

namespace Blip.Kernels;

/// <summary>A group with reductions over all members, in an order that depends only on its size. Each member gets the result.</summary>
internal interface IReducer
{
    int Index { get; }

    int Count { get; }

    float Sum(float value);

    float Max(float value);

    Candidate First(Candidate candidate);
}

/// <summary>A group's work-items, with an entry of shared memory each.</summary>
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

internal readonly struct LoneReducer : IReducer
{
    public int Index => 0;

    public int Count => 1;

    public float Sum(float value) => value;

    public float Max(float value) => value;

    public Candidate First(Candidate candidate) => candidate;
}
