using ILGPU;

namespace Blip.Kernels;

/// <summary>CUDA: work after several groups of one launch, done by the group that finishes last. No group waits for another.</summary>
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
        // This group's writes are visible before it counts; it reads the others' writes after.
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
