using System.Reflection;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Kernels.Ptx;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Blip.Tests.Kernels;

/// <summary>ILGPU moves a load past a store or a barrier; without the repair the error is there, with it it is not.</summary>
public class CodePlacementRepairTests
{
    private const int Threads = 64, Steps = 5;

    [Fact]
    public void Without_the_repair_a_load_follows_the_store_that_it_precedes_in_the_source()
    {
        Assert.True(Position(Ptx(typeof(ReadThenWrite), repaired: false), "st.global") < Position(
            Ptx(typeof(ReadThenWrite), repaired: false), "ld.global"));
        Assert.True(Position(Ptx(typeof(ReadThenWrite), repaired: true), "ld.global") < Position(
            Ptx(typeof(ReadThenWrite), repaired: true), "st.global"));
    }

    [Fact]
    public void Without_the_repair_a_load_from_shared_memory_crosses_the_barrier_behind_it()
    {
        // In the source: store, barrier, load, barrier.
        Assert.Equal(["st.shared", "bar", "bar", "ld.shared"], SharedAccesses(repaired: false));
        Assert.Equal(["st.shared", "bar", "ld.shared", "bar"], SharedAccesses(repaired: true));
    }

    [Fact]
    public void The_repair_finds_the_pass_that_it_takes_out()
    {
        using var context = Context.Create(builder => builder.Optimize(OptimizationLevel.O2));
        using var backend = new PTXBackend(context, CudaArchitecture.SM_80, CudaInstructionSet.ISA_63, null!);
        Assert.True(CodePlacementRepair.Apply(backend) > 0);
        Assert.Equal(0, CodePlacementRepair.Apply(backend));
    }

    [Fact]
    public void On_opencl_results_are_wrong_without_the_repair_and_right_with_it()
    {
        if (!Devices.Has("opencl"))
            Assert.Skip("no opencl device on this machine (PoCL 5 or newer gives OpenCL on any processor)");
        float[] expected =
            [.. Enumerable.Range(0, Threads).Select(thread => thread + Enumerable.Range(1, Steps - 1).Sum(step => (float)step))];
        Assert.Equal(expected, RunReadThenWrite(repaired: true));
        Assert.NotEqual(expected, RunReadThenWrite(repaired: false));
    }

    [Fact]
    public void A_device_is_opened_with_the_repair()
    {
        using var device = Devices.Open("opencl");
        Assert.Equal(0, CodePlacementRepair.Apply(device.Accelerator.GetBackend()));
    }

    private static float[] RunReadThenWrite(bool repaired)
    {
        using var context = Context.Create(builder => builder.Optimize(OptimizationLevel.O2).OpenCL());
        using var accelerator = context.GetDevice<CLDevice>(0).CreateCLAccelerator(context);
        if (repaired)
            CodePlacementRepair.Apply(accelerator.GetBackend());
        using var x = accelerator.Allocate1D([.. Enumerable.Range(0, Threads).Select(thread => (float)thread)]);
        using var y = accelerator.Allocate1D<float>(Threads);
        accelerator.LoadStreamKernel<ReadThenWrite>(Compilation.Enter)(
            new KernelConfig(1, Threads), new(x.View.BaseView, y.View.BaseView, Steps));
        accelerator.Synchronize();
        return y.GetAsArray1D();
    }

    private static string[] SharedAccesses(bool repaired) =>
        [.. Ptx(typeof(Reverse), repaired).Split('\n')
            .Select(line => new[] { "st.shared", "ld.shared", "bar" }
                .FirstOrDefault(name => line.TrimStart().StartsWith(name, StringComparison.Ordinal)))
            .OfType<string>()];

    private static int Position(string ptx, string instruction)
    {
        var position = ptx.IndexOf(instruction, StringComparison.Ordinal);
        Assert.True(position >= 0, $"no {instruction} in the kernel");
        return position;
    }

    private static string Ptx(Type kernel, bool repaired) =>
        PtxCompiler.Compile(kernel, CudaArchitecture.SM_80, repaired);

    // Each step adds the values of the step before.
    public readonly struct ReadThenWrite(ArrayView<float> x, ArrayView<float> y, int steps) : IDeviceKernel
    {
        public void Run()
        {
            var thread = Group.IdxX;
            var sum = 0f;
            for (var step = 0; step < steps; step++)
            {
                var old = x[thread];
                sum += old;
                x[thread] = step + 1f;
            }
            y[thread] = sum;
        }
    }

    public readonly struct Reverse(ArrayView<float> x, ArrayView<float> y, int steps) : IDeviceKernel
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<float>(Threads);
            var thread = Group.IdxX;
            var sum = 0f;
            for (var step = 0; step < steps; step++)
            {
                shared[thread] = x[(step * Threads) + thread];
                Group.Barrier();
                sum += shared[Threads - 1 - thread];
                Group.Barrier();
            }
            y[thread] = sum;
        }
    }
}
