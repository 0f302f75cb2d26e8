using Blip.Emulation.Driver;
using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Blip.Tests.Emulation;

/// <summary>The emulated driver under ILGPU: the calls that it accepts and refuses. Its counters are the whole process's.</summary>
[Collection(nameof(AloneCollection))]
public class EmulatedDriverTests
{
    [Fact]
    public void Devices_are_listed_where_they_are_asked_for_and_nowhere_else()
    {
        using (EmulatedDevices.Show())
        {
            var devices = Device.List().Where(device => device.Kind == DeviceKind.Cuda).ToList();
            Assert.Equal(["cuda:0", "cuda:1"], devices.Select(device => device.Id));
            Assert.Contains("emulated", devices[0].Name, StringComparison.Ordinal);
        }
        Assert.DoesNotContain(Device.List(), device => device.Kind == DeviceKind.Cuda);
    }

    [Fact]
    public void An_architecture_is_shown_to_those_alone_who_ask_for_it()
    {
        var usual = Name();
        using (EmulatedDevices.Show(75))
        {
            Assert.Contains("sm_75", Name(), StringComparison.Ordinal);
            using (EmulatedDevices.Show(90))
                Assert.Contains("sm_90", Name(), StringComparison.Ordinal);
            Assert.Contains("sm_75", Name(), StringComparison.Ordinal);
        }
        Assert.Equal(usual, Name());
        foreach (var architecture in (int[])[75, 80, 90])
        {
            using var device = EmulatedDevices.Open(architecture: architecture);
            Assert.Equal(architecture, device.Architecture);
        }

        static string Name()
        {
            using var device = EmulatedDevices.Open();
            return device.Name;
        }
    }

    [Fact]
    public void A_kernel_runs_and_all_memory_comes_back()
    {
        var leaks = EmulatedDriver.Leaks.Count;
        using (var device = EmulatedDevices.Open())
        {
            using var x = device.Upload<float>([1, 2, 3, 4, 5]);
            using var y = device.Upload<float>([10, 20, 30, 40, 50]);
            Elementwise.Add(device, x.View, y.View, y.View, 5);
            Assert.Equal([11f, 22, 33, 44, 55], y.ToArray());
        }
        Assert.Equal(leaks, EmulatedDriver.Leaks.Count);
    }

    [Fact]
    public void What_was_not_freed_is_told_when_the_context_goes()
    {
        var leaks = EmulatedDriver.Leaks.Count;
        var device = EmulatedDevices.Open();
        using (device.Accelerator.BindScoped())
            Assert.Equal(CudaError.CUDA_SUCCESS, CudaAPI.CurrentAPI.AllocateMemory(out _, 1000));
        Assert.Contains("1 allocations of 1000 bytes", Assert.ThrowsAny<Exception>(device.Dispose).Message, StringComparison.Ordinal);
        Assert.Equal(leaks + 1, EmulatedDriver.Leaks.Count);
    }

    [Fact]
    public void Copies_out_of_bounds_and_memory_that_was_freed_are_refused()
    {
        using var device = EmulatedDevices.Open();
        using var bound = device.Accelerator.BindScoped();
        var api = CudaAPI.CurrentAPI;
        Assert.Equal(CudaError.CUDA_SUCCESS, api.AllocateMemory(out var memory, 256));
        var host = new byte[512];
        unsafe
        {
            fixed (byte* pointer = host)
            {
                Assert.Equal(CudaError.CUDA_SUCCESS, api.MemcpyAsync(memory, (nint)pointer, 256, device.Stream));
                Assert.Equal(CudaError.CUDA_ERROR_ILLEGAL_ADDRESS, api.MemcpyAsync(memory, (nint)pointer, 257, device.Stream));
                Assert.Equal(CudaError.CUDA_ERROR_ILLEGAL_ADDRESS, api.MemcpyAsync((nint)pointer, memory + 128, 129, device.Stream));
                Assert.Equal(CudaError.CUDA_SUCCESS, api.FreeMemory(memory));
                Assert.Equal(CudaError.CUDA_ERROR_ILLEGAL_ADDRESS, api.MemcpyAsync((nint)pointer, memory, 16, device.Stream));
            }
        }
        Assert.NotEqual(CudaError.CUDA_SUCCESS, api.FreeMemory(memory));
    }

    [Fact]
    public void A_fault_of_a_kernel_is_told_with_its_instruction()
    {
        using var device = EmulatedDevices.Open();
        var launcher = device.Accelerator.LoadKernel<ArrayView<int>>(WriteBeyond);
        using var view = device.Allocate<int>(32);
        launcher(device.Stream, (1, 33), view.View);
        var fault = Assert.ThrowsAny<Exception>(() => device.Synchronize());
        Assert.Contains("st.global.b32", fault.Message, StringComparison.Ordinal);
        Assert.Contains("of 128 bytes", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Launches_that_the_kernel_was_not_compiled_for_are_refused()
    {
        using var device = EmulatedDevices.Open();
        var kernel = (CudaKernel)device.Accelerator.LoadKernel(
            typeof(EmulatedDriverTests).GetMethod(
            nameof(WriteBeyond), System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!);
        using var bound = device.Accelerator.BindScoped();
        // Four bytes are no view: CU_LAUNCH_PARAM_BUFFER_POINTER, CU_LAUNCH_PARAM_BUFFER_SIZE, the end.
        var four = 1;
        nint size = sizeof(int);
        unsafe
        {
            var extra = stackalloc nint[] { 1, (nint)(&four), 2, (nint)(&size), 0 };
            Assert.Equal(
                CudaError.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES,
                CudaAPI.CurrentAPI.LaunchKernel(
                    kernel.FunctionPtr, 1, 1, 1, 32, 1, 1, 0, ((CudaStream)device.Stream).StreamPtr, 0, (nint)extra));
        }
    }

    [Fact]
    public void Queued_work_runs_when_somebody_waits_for_it()
    {
        using var device = EmulatedDevices.Open();
        using var x = device.Upload<float>([1, 2, 3, 4]);
        EmulatedDriver.ResetCounters();
        var work = device.Capture(() => Elementwise.Add(device, x.View, x.View, x.View, 4));
        using (work)
        {
            // Captured, not run: the kernel was compiled, and the sums are to come.
            work.Launch();
            work.Launch();
            device.Synchronize();
        }
        Assert.Equal([4f, 8, 12, 16], x.ToArray());
        Assert.Equal(2, EmulatedDriver.Counters["cuGraphLaunch"]);
        Assert.Equal(1, EmulatedDriver.Counters["cuLaunchKernel"]);
    }

    [Fact]
    public void What_may_not_be_captured_breaks_the_capture()
    {
        using var device = EmulatedDevices.Open();
        Assert.ThrowsAny<Exception>(() => device.Capture(() => device.Allocate<int>(10).Dispose()));
        Assert.ThrowsAny<Exception>(() => device.Capture(device.Synchronize));
        using var x = device.Upload<float>([1, 2]);
        using var still = device.Capture(() => Elementwise.Add(device, x.View, x.View, x.View, 2));
        still.Launch();
        Assert.Equal([2f, 4], x.ToArray());
    }

    private static void WriteBeyond(ArrayView<int> view)
    {
        // The length is not looked at: the last of 33 threads writes past the end.
        var place = Group.IdxX;
        view[place] = place;
    }
}
