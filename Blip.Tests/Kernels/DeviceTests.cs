using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Tests.Kernels;

public class DeviceTests
{
    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void A_portable_kernel_runs_and_its_answer_comes_back(string id)
    {
        using var device = Devices.Open(id);
        using var x = device.Upload<float>([1, 2, 3, 4, 5]);
        device.Launch(
            new KernelConfig((5 + device.GroupSize - 1) / device.GroupSize, device.GroupSize),
            new Scale(x.View, 2f));
        Assert.Equal([2f, 4, 6, 8, 10], x.ToArray());
    }

    [Fact]
    public unsafe void Every_task_of_a_cpu_operator_runs_once()
    {
        using var device = Device.Open("cpu");
        using var counts = device.Allocate<int>(1000);
        for (var launch = 0; launch < 3; launch++)
            device.Launch(new CountTasks { Counts = Cpu.Pointer(counts.View), Length = 1000 });
        Assert.All(counts.ToArray(), count => Assert.Equal(3, count));
    }

    [Fact]
    public unsafe void A_batch_runs_its_operators_one_after_the_other()
    {
        using var device = Device.Open("cpu", new DeviceOptions { Threads = 3 });
        const int Length = 500, Operators = 3000;
        using var values = device.Allocate<int>(2 * Length);
        using (device.BeginBatch())
        {
            // Each operator reads all that the one before it wrote: one out of turn breaks the sum.
            for (var i = 0; i < Operators; i++)
                device.Launch(new SumPlusOne
                {
                    From = Cpu.Pointer(values.View) + (i % 2 * Length),
                    To = Cpu.Pointer(values.View) + ((i + 1) % 2 * Length), Length = Length
                });
        }
        Assert.All(values.ToArray()[..Length], value => Assert.Equal(Operators, value));
    }

    [Fact]
    public unsafe void Copies_see_what_was_launched_before_them_and_not_what_comes_after()
    {
        using var device = Device.Open("cpu");
        using var counts = device.Allocate<int>(10);
        using (device.BeginBatch())
        {
            device.Launch(new CountTasks { Counts = Cpu.Pointer(counts.View), Length = 10 });
            Assert.Equal(Enumerable.Repeat(1, 10), counts.ToArray());
            device.Launch(new CountTasks { Counts = Cpu.Pointer(counts.View), Length = 10 });
            counts.CopyFrom([7]);
        }
        Assert.Equal(Enumerable.Repeat(2, 9).Prepend(7), counts.ToArray());
    }

    [Fact]
    public void A_launch_allocates_no_device_memory_and_hardly_any_managed_memory()
    {
        using var device = Device.Open("cpu");
        using var counts = device.Allocate<int>(8);
        Run(10);
        var buffers = device.Allocations;
        // One-time work, at any launch, belongs to no launch: the least of three rounds.
        var bytes = Enumerable.Range(0, 3).Min(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Run(100);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        });
        Assert.Equal(buffers, device.Allocations);
        Assert.InRange(bytes, 0, 100 * 256);

        unsafe void Run(int launches)
        {
            for (var i = 0; i < launches; i++)
                device.Launch(new CountTasks { Counts = Cpu.Pointer(counts.View), Length = 8 });
        }
    }

    [Fact]
    public void Buffers_are_counted_until_they_are_freed()
    {
        using var device = Device.Open("cpu");
        var (live, bytes) = (device.LiveBuffers, device.AllocatedBytes);
        var buffer = device.Allocate<float>(1000);
        Assert.Equal(live + 1, device.LiveBuffers);
        Assert.True(device.AllocatedBytes >= bytes + 4000);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Equal((live, bytes), (device.LiveBuffers, device.AllocatedBytes));
    }

    [Theory]
    [InlineData("gpu"), InlineData("cuda:x"), InlineData("cpu:1:2"), InlineData("")]
    public void A_name_that_is_no_device_is_refused(string name) =>
        Assert.Contains("opencl:1", Assert.Throws<ArgumentException>(() => Device.Open(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_device_that_is_not_there_is_refused_with_those_that_are() =>
        Assert.Contains("cpu (CPU", Assert.Throws<DeviceException>(() => Device.Open("cuda:99")).Message, StringComparison.Ordinal);

    public readonly struct Scale(ArrayView<float> x, float factor) : IDeviceKernel
    {
        public void Run()
        {
            var i = (Grid.IdxX * Group.DimX) + Group.IdxX;
            if (i < x.Length)
                x[i] *= factor;
        }
    }

    internal unsafe struct SumPlusOne : ICpuOperator
    {
        public int* From;
        public int* To;
        public int Length;

        public readonly int Tasks => Length;

        // The neighbour's value, which another worker may have written.
        public readonly void Run(int task) => To[task] = Math.Max(From[task], From[(task + 1) % Length]) + 1;
    }

    internal unsafe struct CountTasks : ICpuOperator
    {
        public int* Counts;
        public int Length;

        public readonly int Tasks => Length;

        public readonly void Run(int task) => Interlocked.Increment(ref Counts[task]);
    }
}
