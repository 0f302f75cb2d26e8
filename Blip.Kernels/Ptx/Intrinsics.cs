using System.Reflection;
using Blip.Kernels.Ptx;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// Implements <see cref="Lanes"/>, <see cref="Fused"/> and <see cref="TensorCore"/> on each back end. The CPU accelerator calls the methods
/// themselves.
/// </summary>
internal static class Intrinsics
{
    private const BindingFlags Declared = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Call it before a context makes an accelerator or back end.</summary>
    public static void Register(Context context)
    {
        var manager = context.GetIntrinsicManager();
        foreach (var method in typeof(Lanes).GetMethods(Declared))
        {
            manager.RegisterMethod(method, new CLIntrinsic(typeof(LanesOpenCl), method.Name, IntrinsicImplementationMode.GenerateCode));
            manager.RegisterMethod(method, new PTXIntrinsic(typeof(LanesPortable), method.Name, IntrinsicImplementationMode.Redirect));
        }
        var fused = typeof(Fused).GetMethod(nameof(Fused.MultiplyAdd), Declared)!;
        manager.RegisterMethod(fused, new CLIntrinsic(typeof(Fused), nameof(Fused.EmitOpenCl), IntrinsicImplementationMode.GenerateCode));
        manager.RegisterMethod(fused, new PTXIntrinsic(typeof(Fused), nameof(Fused.EmitPtx), IntrinsicImplementationMode.GenerateCode));
        foreach (var method in typeof(TensorCore).GetMethods(Declared).Where(method => method.IsPublic))
            manager.RegisterMethod(method, new PTXIntrinsic(typeof(TensorCorePtx), method.Name, IntrinsicImplementationMode.GenerateCode));
    }
}
