using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>Reductions over a group's work-items, in an order that depends on the group's size alone.</summary>
internal static class GroupReduction
{
    /// <summary>
    /// The sum over the group, for every work-item. <paramref name="shared"/> holds
    /// <see cref="Devices.Device.MaxGroupSize"/> values and may be reused at once.
    /// </summary>
    public static float Sum(float value, ArrayView<float> shared)
    {
        if (Group.DimX == 1)
            return value;
        shared[Group.IdxX] = value;
        Group.Barrier();
        for (var step = Group.DimX / 2; step > 0; step /= 2)
        {
            if (Group.IdxX < step)
                shared[Group.IdxX] += shared[Group.IdxX + step];
            Group.Barrier();
        }
        var sum = shared[0];
        Group.Barrier();
        return sum;
    }

    public static float Max(float value, ArrayView<float> shared)
    {
        if (Group.DimX == 1)
            return value;
        shared[Group.IdxX] = value;
        Group.Barrier();
        for (var step = Group.DimX / 2; step > 0; step /= 2)
        {
            if (Group.IdxX < step)
                shared[Group.IdxX] = IntrinsicMath.Max(shared[Group.IdxX], shared[Group.IdxX + step]);
            Group.Barrier();
        }
        var largest = shared[0];
        Group.Barrier();
        return largest;
    }
}
