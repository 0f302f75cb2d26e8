using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace Blip.Kernels;

/// <summary>
/// a · b + c, rounded once, on every accelerator. ILGPU writes product and sum as two statements, which drivers' compilers may or may not
/// fuse; kernels whose bits must agree need this instead.
/// </summary>
internal static class Fused
{
    [IntrinsicImplementation]
    public static float MultiplyAdd(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);

    internal static void EmitOpenCl(CLBackend backend, CLCodeGenerator generator, Value value)
    {
        var (a, b, c) = (generator.Load(value[0]), generator.Load(value[1]), generator.Load(value[2]));
        using var statement = generator.BeginStatement(generator.Allocate(value), "fma");
        statement.BeginArguments();
        statement.AppendArgument(a);
        statement.AppendArgument(b);
        statement.AppendArgument(c);
        statement.EndArguments();
    }

    internal static void EmitPtx(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        var (a, b, c) = (generator.LoadPrimitive(value[0]), generator.LoadPrimitive(value[1]), generator.LoadPrimitive(value[2]));
        var target = generator.AllocateHardware(value);
        using var command = generator.BeginCommand("fma.rn.f32");
        command.AppendArgument(target);
        command.AppendArgument(a);
        command.AppendArgument(b);
        command.AppendArgument(c);
    }
}
