using Blip.Emulation.Driver;
using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Tests.Kernels;

/// <summary>Arrays that lie on a device and on the host, on each device and on CUDA, emulated where there is none.</summary>
[Collection(nameof(AloneCollection))]
public class MirroredMemoryTests
{
    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void Neighbours_are_copied_together_and_the_others_stay(string id)
    {
        using var device = Devices.Open(id);
        Neighbours(device);
    }

    [Fact]
    public void On_CUDA_neighbours_are_copied_together_and_the_others_stay()
    {
        using var device = Devices.OpenCuda();
        Neighbours(device);
    }

    private static void Neighbours(Device device)
    {
        using var memory = new MirroredMemory(device);
        var (first, middle, none, last, end) =
            (memory.Add<int>(3), memory.Add<long>(5), memory.Add<float>(0), memory.Add<float>(1), memory.Add<byte>(0));
        memory.Allocate();
        Assert.Throws<InvalidOperationException>(() => memory.Add<int>(1));
        Assert.Equal((3, 5, 0, 1, 0), (first.Length, middle.Length, none.Length, last.Length, end.Length));
        Assert.Equal((3L, 5L, 0L, 1L, 0L), (first.View.Length, middle.View.Length, none.View.Length, last.View.Length, end.View.Length));

        first.CopyFrom([7, 8]);
        Assert.Equal([7, 8, 0], first.ToArray());
        Assert.Equal([0, 0, 0], first.Host.ToArray());
        new[] { 1, 2, 3 }.CopyTo(first.Host);
        middle.Host.Fill(1L << 40);
        last.Host[0] = 0.5f;
        memory.CopyUp(middle, last);
        Assert.Equal([7, 8, 0], first.ToArray());
        Assert.Equal(Enumerable.Repeat(1L << 40, 5), middle.ToArray());
        Assert.Equal([0.5f], last.ToArray());

        memory.CopyUp(first, first);
        middle.CopyFrom([1, 2, 3, 4, 5]);
        last.CopyFrom([2f]);
        memory.CopyDown(first, none);
        device.Synchronize();
        Assert.Equal([1, 2, 3], first.Host.ToArray());
        Assert.Equal([1, 2, 3, 4, 5], middle.Host.ToArray());
        Assert.Equal(0.5f, last.Host[0]);
        Assert.Throws<ArgumentException>(() => last.CopyFrom([1, 2]));
    }

    [Fact]
    public void What_a_copy_under_way_may_read_is_not_written_over()
    {
        using var device = Devices.OpenCuda();
        using var memory = new MirroredMemory(device);
        var numbers = memory.Add<int>(4);
        memory.Allocate();
        using var kept = device.Allocate<int>(4);
        device.Synchronize();
        EmulatedDriver.ResetCounters();
        numbers.Host.Fill(1);
        memory.CopyUp(numbers, numbers);
        numbers.View.CopyTo(device.Stream, kept.View);
        if (device.Name.Contains("emulated", StringComparison.OrdinalIgnoreCase))
            Assert.Equal(0, EmulatedDriver.Counters.GetValueOrDefault("cuStreamSynchronize"));
        // On a busy device, and on the emulated one, nothing of that was done when the next run begins to write.
        numbers.Host.Fill(2);
        memory.CopyUp(numbers, numbers);
        Assert.Equal([1, 1, 1, 1], kept.ToArray());
        Assert.Equal([2, 2, 2, 2], numbers.ToArray());
    }
}
