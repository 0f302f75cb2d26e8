using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Blip.Kernels.Ptx;

/// <summary>Compiles kernels to PTX without a CUDA driver: for tests, and for reading a GPU's code.</summary>
public static class PtxCompiler
{
    /// <summary>Compiles one kernel as a device does on CUDA.</summary>
    /// <param name="kernel">The struct of a kernel (<see cref="IDeviceKernel"/>), closed over its type arguments.</param>
    /// <param name="architecture">For example <see cref="CudaArchitecture.SM_90"/>.</param>
    /// <param name="repaired">False shows what ILGPU makes without <see cref="CodePlacementRepair"/> and <see cref="UniformBranchRepair"/>.</param>
    public static string Compile(Type kernel, CudaArchitecture architecture, bool repaired = true)
    {
        // One failed compilation poisons later ones of its context: a fresh context each time.
        using var context = Context.Create(builder => Compilation.Configure(builder));
        Intrinsics.Register(context);
        using var backend = new PTXBackend(context, architecture, InstructionSet(architecture), null!);
        if (repaired)
            CodePlacementRepair.Apply(backend);
        var compiled = (PTXCompiledKernel)backend.Compile(
            EntryPointDescription.FromExplicitlyGroupedKernel(Compilation.EntryOf(kernel)), Compilation.SpecializationOf(kernel));
        return repaired ? WarpGroupTarget.Apply(UniformBranchRepair.Apply(compiled.PTXAssembly)) : compiled.PTXAssembly;
    }

    // The first PTX ISA that knows the architecture and its matrix instructions: nearly the oldest driver that runs such a GPU loads it.
    private static CudaInstructionSet InstructionSet(CudaArchitecture architecture) =>
        architecture >= CudaArchitecture.SM_90 ? CudaInstructionSet.ISA_78
        : architecture >= CudaArchitecture.SM_80 ? CudaInstructionSet.ISA_70
        : CudaInstructionSet.ISA_65;
}
