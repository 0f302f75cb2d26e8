using System.Globalization;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Types;
using ILGPU.Runtime.Cuda;
using Registers = ILGPU.Backends.RegisterAllocator<ILGPU.Backends.PTX.PTXRegisterKind>;

namespace Blip.Kernels.Ptx;

/// <summary>The PTX of <see cref="TensorCore"/>'s methods, under the same names.</summary>
internal static class TensorCorePtx
{
    public static void MultiplyAddFloat16(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var (a, b, c, d) = (Read(generator, call[0]), Read(generator, call[1]), Read(generator, call[2]), Write(generator, call));
        if (backend.Architecture >= CudaArchitecture.SM_80)
        {
            Emit(generator, $"mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {Vector(d)}, {Vector(a)}, {Vector(b)}, {Vector(c)};");
            return;
        }
        Emit(generator, $"mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {Vector(d)}, {Vector(a[..2])}, {Vector(b[..1])}, {Vector(c)};");
        Emit(generator, $"mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {Vector(d)}, {Vector(a[2..])}, {Vector(b[1..])}, {Vector(d)};");
    }

    public static void MultiplyAddBFloat16(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        MultiplyAdd(backend, generator, call, "m16n8k16.row.col.f32.bf16.bf16.f32");

    public static void MultiplyAddTf32(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        MultiplyAdd(backend, generator, call, "m16n8k8.row.col.f32.tf32.tf32.f32");

    public static void MultiplyAddGroupFloat16(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        MultiplyAddGroup(generator, call, "f16");

    public static void MultiplyAddGroupBFloat16(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        MultiplyAddGroup(generator, call, "bf16");

    public static void PublishShared(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        Emit(generator, "fence.proxy.async.shared::cta;");

    public static void LoadMatrices(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var address = Read(generator, call[0]);
        Emit(generator, $"ldmatrix.sync.aligned.m8n8.x4.shared.b16 {Vector(Write(generator, call))}, [{address[0]}];");
    }

    public static void LoadTransposed(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var address = Read(generator, call[0]);
        Emit(generator, $"ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {Vector(Write(generator, call))}, [{address[0]}];");
    }

    public static void AddressOf(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var (pointer, address) = (Read(generator, call[0])[0], Write(generator, call)[0]);
        Emit(generator, Space(call[0]) == MemoryAddressSpace.Shared
            ? $"cvt.u32.u64 {address}, {pointer};"
            : $"{{ .reg .u64 inside; cvta.to.shared.u64 inside, {pointer}; cvt.u32.u64 {address}, inside; }}");
    }

    public static void Load(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var (source, left, to) = (Read(generator, call[0])[0], Read(generator, call[1])[0], Write(generator, call));
        var space = Space(call[0]) == MemoryAddressSpace.Global ? ".global" : "";
        var zeros = string.Concat(to.Select(register => $"mov.b32 {register}, 0; "));
        var load = to.Length == 1 ? $"ld{space}.b32 {to[0]}" : $"ld{space}.v{to.Length}.b32 {Vector(to)}";
        Emit(generator, $"{{ .reg .pred some; setp.gt.s32 some, {left}, 0; {zeros}@some {load}, [{source}]; }}");
    }

    public static void CopyAsync(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var (shared, source, bytes) = (Read(generator, call[0])[0], Read(generator, call[1])[0], Read(generator, call[2])[0]);
        var inGlobal = Space(call[1]) == MemoryAddressSpace.Global;
        var from = inGlobal ? source : "outside";
        var copy = backend.Architecture >= CudaArchitecture.SM_80
            ? $"cp.async.cg.shared.global [{shared}], [{from}], 16, {bytes};"
            : ".reg .pred some; .reg .b32 a, b, c, d; mov.b32 a, 0; mov.b32 b, 0; mov.b32 c, 0; mov.b32 d, 0; "
                + $"setp.ne.s32 some, {bytes}, 0; @some ld.global.v4.b32 {{a, b, c, d}}, [{from}]; st.shared.v4.b32 [{shared}], {{a, b, c, "
                + $"d}};";
        Emit(generator, inGlobal ? $"{{ {copy} }}" : $"{{ .reg .u64 outside; cvta.to.global.u64 outside, {source}; {copy} }}");
    }

    public static void CommitCopies(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        Async(backend, generator, "cp.async.commit_group;");

    public static void WaitForCopies0(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        Async(backend, generator, "cp.async.wait_group 0;");

    public static void WaitForCopies1(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        Async(backend, generator, "cp.async.wait_group 1;");

    public static void WaitForCopies4(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        Async(backend, generator, "cp.async.wait_group 4;");

    public static void PackFloat16(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var (low, high, both) = (Read(generator, call[0])[0], Read(generator, call[1])[0], Write(generator, call)[0]);
        Emit(generator, backend.Architecture >= CudaArchitecture.SM_80
            ? $"cvt.rn.f16x2.f32 {both}, {high}, {low};"
            : $"{{ .reg .f16 low, high; cvt.rn.f16.f32 low, {low}; cvt.rn.f16.f32 high, {high}; mov.b32 {both}, {{low, high}}; }}");
    }

    public static void PackBFloat16(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        Needs80(backend);
        var (low, high) = (Read(generator, call[0])[0], Read(generator, call[1])[0]);
        Emit(generator, $"cvt.rn.bf16x2.f32 {Write(generator, call)[0]}, {high}, {low};");
    }

    public static void RoundTf32(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        Needs80(backend);
        var value = Read(generator, call[0])[0];
        Emit(generator, $"cvt.rna.tf32.f32 {Write(generator, call)[0]}, {value};");
    }

    public static void LowHalves(PTXBackend backend, PTXCodeGenerator generator, Value call) => Permute(generator, call, "0x5410");

    public static void HighHalves(PTXBackend backend, PTXCodeGenerator generator, Value call) => Permute(generator, call, "0x7632");

    public static void LowBytesToFloat16(PTXBackend backend, PTXCodeGenerator generator, Value call) => Bytes(generator, call, "0x4140");

    public static void HighBytesToFloat16(PTXBackend backend, PTXCodeGenerator generator, Value call) => Bytes(generator, call, "0x4342");

    public static void Exp2(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var x = Read(generator, call[0])[0];
        Emit(generator, $"ex2.approx.ftz.f32 {Write(generator, call)[0]}, {x};");
    }

    private static void MultiplyAdd(PTXBackend backend, PTXCodeGenerator generator, Value call, string kind)
    {
        Needs80(backend);
        var (a, b, c) = (Read(generator, call[0]), Read(generator, call[1]), Read(generator, call[2]));
        Emit(generator, $"mma.sync.aligned.{kind} {Vector(Write(generator, call))}, {Vector(a)}, {Vector(b)}, {Vector(c)};");
    }

    // Two steps of 16 k: 32 bytes further in A's rows, 16 rows of 128 bytes further in B, which is transposed.
    private static void MultiplyAddGroup(PTXCodeGenerator generator, Value call, string type)
    {
        var (a, b, c) = (Read(generator, call[0])[0], Read(generator, call[1])[0], Read(generator, call[2]));
        var d = Write(generator, call);
        for (var i = 0; i < d.Length; i++)
            Emit(generator, $"mov.f32 {d[i]}, {c[i]};");
        var multiply = $"wgmma.mma_async.sync.aligned.m64n128k16.f32.{type}.{type} {Vector(d)}";
        Emit(generator, "wgmma.fence.sync.aligned;");
        Emit(generator, $"{{ .reg .b64 a, b; .reg .pred adds; setp.eq.b32 adds, 0, 0; {multiply}, {a}, {b}, adds, 1, 1, 0, 1; "
            + $"add.s64 a, {a}, {32 >> 4}; add.s64 b, {b}, {(16 * 128) >> 4}; {multiply}, a, b, adds, 1, 1, 0, 1; }}");
        Emit(generator, "wgmma.commit_group.sync.aligned;");
        Emit(generator, "wgmma.wait_group.sync.aligned 0;");
    }

    private static void Permute(PTXCodeGenerator generator, Value call, string selector)
    {
        var (low, high) = (Read(generator, call[0])[0], Read(generator, call[1])[0]);
        Emit(generator, $"prmt.b32 {Write(generator, call)[0]}, {low}, {high}, {selector};");
    }

    // 0x64 above a byte b is 1024 + b in half precision; a flipped sign makes b = value + 128.
    private static void Bytes(PTXCodeGenerator generator, Value call, string selector)
    {
        var (bytes, values) = (Read(generator, call[0])[0], Write(generator, call)[0]);
        Emit(generator, $"{{ .reg .b32 flipped, bias; xor.b32 flipped, {bytes}, 0x80808080; prmt.b32 flipped, flipped, 0x64646464, "
            + $"{selector}; "
            + $"mov.b32 bias, 0x64806480; sub.f16x2 {values}, flipped, bias; }}");
    }

    // Before sm_80 copies are synchronous.
    private static void Async(PTXBackend backend, PTXCodeGenerator generator, string statement)
    {
        if (backend.Architecture >= CudaArchitecture.SM_80)
            Emit(generator, statement);
    }

    private static void Needs80(PTXBackend backend, [CallerMemberName] string name = "")
    {
        if (backend.Architecture < CudaArchitecture.SM_80)
            throw new NotSupportedException(
                string.Create(CultureInfo.InvariantCulture, $"{name} needs sm_80; this is {backend.Architecture}."));
    }

    private static MemoryAddressSpace Space(Value pointer) => ((AddressSpaceType)pointer.Type).AddressSpace;

    private static string[] Read(PTXCodeGenerator generator, Value value) =>
        [.. Parts(generator.Load(value)).Select(register => Name(generator.EnsureHardwareRegister(register)))];

    private static string[] Write(PTXCodeGenerator generator, Value value) =>
        [.. Parts(generator.Allocate(value)).Select(register => Name((Registers.HardwareRegister)register))];

    private static IEnumerable<Registers.PrimitiveRegister> Parts(Registers.Register register) =>
        register is Registers.CompoundRegister compound
        ? compound.Children.SelectMany(Parts)
        : [(Registers.PrimitiveRegister)register];

    private static string Name(Registers.HardwareRegister register) => $"%{PTXRegisterAllocator.GetStringRepresentation(register)}";

    private static string Vector(string[] registers) => $"{{{string.Join(", ", registers)}}}";

    private static void Emit(PTXCodeGenerator generator, string statement) => generator.Builder.Append('\t').AppendLine(statement);
}
