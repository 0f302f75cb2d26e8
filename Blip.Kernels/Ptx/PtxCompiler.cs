using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Blip.Kernels.Ptx;

/// <summary>Compiles kernels to PTX without a CUDA driver, for tests and for reading.</summary>
public static class PtxCompiler
{
    /// <summary>Compiles a kernel as a CUDA device does.</summary>
    /// <param name="kernel">A kernel's closed struct type (<see cref="IDeviceKernel"/>).</param>
    /// <param name="architecture">Such as <see cref="CudaArchitecture.SM_90"/>.</param>
    /// <param name="repaired">False omits <see cref="CodePlacementRepair"/> and <see cref="UniformBranchRepair"/>.</param>
    public static string Compile(Type kernel, CudaArchitecture architecture, bool repaired = true)
    {
        // A failed compilation poisons its context, so each has a fresh one.
        using var context = Context.Create(builder => Compilation.Configure(builder));
        Intrinsics.Register(context);
        using var backend = new PTXBackend(context, architecture, InstructionSet(architecture), null!);
        if (repaired)
            CodePlacementRepair.Apply(backend);
        var compiled = (PTXCompiledKernel)backend.Compile(
            EntryPointDescription.FromExplicitlyGroupedKernel(Compilation.EntryOf(kernel)), Compilation.SpecializationOf(kernel));
        return repaired ? WarpGroupTarget.Apply(UniformBranchRepair.Apply(compiled.PTXAssembly)) : compiled.PTXAssembly;
    }

    // The first PTX ISA with the architecture's matrix instructions: nearly the oldest driver for such a GPU loads it.
    private static CudaInstructionSet InstructionSet(CudaArchitecture architecture) =>
        architecture >= CudaArchitecture.SM_90 ? CudaInstructionSet.ISA_78
        : architecture >= CudaArchitecture.SM_80 ? CudaInstructionSet.ISA_70
        : CudaInstructionSet.ISA_65;
}
