using System.Reflection;
using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Blip.Kernels.Ptx;

/// <summary>Compiles kernels to PTX where there is no CUDA driver: for tests, and to read what a GPU would run.</summary>
public static class PtxCompiler
{
    /// <summary>Compiles one kernel as <see cref="Device"/> does on CUDA.</summary>
    /// <param name="kernel">A static, explicitly grouped kernel, closed over its type arguments.</param>
    /// <param name="architecture">For example <see cref="CudaArchitecture.SM_90"/>.</param>
    /// <param name="repaired">False shows what ILGPU makes without <see cref="CodePlacementRepair"/> and <see cref="UniformBranchRepair"/>.</param>
    public static string Compile(MethodInfo kernel, CudaArchitecture architecture, bool repaired = true)
    {
        // One failed compilation poisons what its context compiles later: a fresh context each time.
        using var context = Context.Create(builder => Device.Configure(builder));
        using var backend = new PTXBackend(context, architecture, InstructionSet, null!);
        if (repaired)
            CodePlacementRepair.Apply(backend);
        var compiled = (PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel), Device.Specialization);
        return repaired ? UniformBranchRepair.Apply(compiled.PTXAssembly) : compiled.PTXAssembly;
    }

    // PTX ISA 6.3: the first that knows sm_75; every driver since 2018 loads it.
    private static readonly CudaInstructionSet InstructionSet = CudaInstructionSet.ISA_63;
}
