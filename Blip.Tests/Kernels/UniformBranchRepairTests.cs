using Blip.Kernels;
using Blip.Kernels.Ptx;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;

namespace Blip.Tests.Kernels;

/// <summary>ILGPU's back edges keep ptxas from unrolling; the repair still finds them.</summary>
public class UniformBranchRepairTests
{
    [Fact]
    public void Uniform_branches_are_there_before_and_plain_ones_after()
    {
        var before = PtxCompiler.Compile(typeof(Sum), CudaArchitecture.SM_80, repaired: false);
        var after = PtxCompiler.Compile(typeof(Sum), CudaArchitecture.SM_80);
        Assert.Contains("bra.uni", before, StringComparison.Ordinal);
        Assert.DoesNotContain("bra.uni", after, StringComparison.Ordinal);
        Assert.Matches(@"\bbra\s", after);
    }

    [Fact]
    public void A_compiled_kernel_is_repaired_before_it_is_loaded()
    {
        using var context = Context.Create(builder => builder.Optimize(OptimizationLevel.O2));
        using var backend = new PTXBackend(context, CudaArchitecture.SM_80, CudaInstructionSet.ISA_63, null!);
        var kernel = (PTXCompiledKernel)backend.Compile(
            EntryPointDescription.FromExplicitlyGroupedKernel(Compilation.EntryOf(typeof(Sum))), default);
        Assert.Contains("bra.uni", kernel.PTXAssembly, StringComparison.Ordinal);
        UniformBranchRepair.Apply(kernel);
        Assert.DoesNotContain("bra.uni", kernel.PTXAssembly, StringComparison.Ordinal);
    }

    public readonly struct Sum(ArrayView<float> x, ArrayView<float> y, int count) : IDeviceKernel
    {
        public void Run()
        {
            var sum = 0f;
            for (var i = 0; i < count; i++)
                sum += x[i];
            y[Group.IdxX] = sum;
        }
    }
}
