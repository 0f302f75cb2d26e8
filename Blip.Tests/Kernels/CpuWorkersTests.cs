using System.Diagnostics;
using Blip.Kernels.Devices;

namespace Blip.Tests.Kernels;

/// <summary>How the workers of the CPU accelerator wait for each other.</summary>
[Collection(nameof(AloneCollection))]
public class CpuWorkersTests
{
    [Fact]
    public unsafe void Workers_that_wait_for_one_of_them_leave_their_cores_idle()
    {
        const int Milliseconds = 400;
        using var device = Device.Open("cpu", new DeviceOptions { Threads = 4 });
        using var counts = device.Allocate<int>(100);
        var count = new DeviceTests.CountTasks { Counts = Cpu.Pointer(counts.View), Length = 100 };
        device.Launch(count);
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        using (device.BeginBatch())
        {
            device.Launch(count);
            device.Launch(new Alone { Milliseconds = Milliseconds, Counts = Cpu.Pointer(counts.View) });
            device.Launch(count);
        }
        process.Refresh();
        var used = (process.TotalProcessorTime - before).TotalMilliseconds;

        // The work after the long task saw its writes, and no worker continued before it.
        Assert.Equal(Enumerable.Repeat(3, 99).Prepend(3 + 1000), counts.ToArray());
        Assert.True(used < 1.6 * Milliseconds, $"{used:F0} ms of processor time for a task of {Milliseconds} ms");
    }

    private unsafe struct Alone : ICpuOperator
    {
        public int Milliseconds;
        public int* Counts;

        public readonly int Tasks => 1;

        public readonly void Run(int task)
        {
            for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalMilliseconds < Milliseconds;)
            {
            }
            // All tasks before this one, and none after it.
            if (Counts[0] == 2 && Counts[99] == 2)
                Counts[0] += 1000;
        }
    }
}
