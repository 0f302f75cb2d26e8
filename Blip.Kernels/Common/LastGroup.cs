using ILGPU;

namespace Blip.Kernels;

/// <summary>CUDA: the group that finishes last does the work after several groups of a launch. No group waits for another.</summary>
internal static class LastGroup
{
    /// <summary>
    /// Whether the caller's group is the last; it then sees all groups' writes to device memory. All threads of a group must call
    /// this and get the same answer. The counter is zero before the first group and after the last (<see cref="Devices.Device.Counters"/>).
    /// </summary>
    public static bool Is(ArrayView<int> counters, int index, int groups)
    {
        var before = SharedMemory.Allocate<int>(1);
        // This group's writes are visible before it counts. It reads the others' writes after.
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
