using ILGPU;

namespace Blip.Kernels;

/// <summary>CUDA: work that waits for several groups of one launch, done by the group that gets there last. Nobody waits for another.</summary>
internal static class LastGroup
{
    /// <summary>
    /// Whether the caller's group is the last of several; it then sees what all of them wrote to device memory. All threads of a group call it, and
    /// get the same answer. The counter is zero before the first of them, and again after the last.
    /// </summary>
    /// <param name="counters">Zeros; see <see cref="Devices.Device.Counters"/>.</param>
    /// <param name="index">The counter of these groups.</param>
    /// <param name="groups">How many they are.</param>
    public static bool Is(ArrayView<int> counters, int index, int groups)
    {
        var before = SharedMemory.Allocate<int>(1);
        // What this group wrote is seen before it counts; what the others wrote is read after.
        MemoryFence.DeviceLevel();
        Group.Barrier();
        if (Group.IdxX == 0)
        {
            before[0] = Atomic.Add(ref counters[index], 1);
            MemoryFence.DeviceLevel();
        }
        Group.Barrier();
        if (before[0] != groups - 1)
            return false;
        if (Group.IdxX == 0)
            counters[index] = 0;
        return true;
    }
}
