using System.Runtime.Intrinsics;
using Blip.Emulation.Machine;
using static Blip.Emulation.Instructions.LaneVectors;
using Lanes = System.Runtime.Intrinsics.Vector512<ulong>;

namespace Blip.Emulation.Instructions;

/// <summary>A function of eight lanes, for the most frequent instructions.</summary>
internal interface IHotFunction
{
    static abstract Lanes Apply(Lanes a, Lanes b, Lanes c);
}

internal readonly struct AddSingle : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => Single(a.AsSingle() + b.AsSingle());
}

internal readonly struct SubtractSingle : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => Single(a.AsSingle() - b.AsSingle());
}

internal readonly struct MultiplySingle : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => Single(a.AsSingle() * b.AsSingle());
}

internal readonly struct MultiplyAddSingle : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) =>
        Single(Vector512.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()));
}

internal readonly struct MinimumSingle : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => Single(Vector512.MinNumber(a.AsSingle(), b.AsSingle()));
}

internal readonly struct MaximumSingle : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => Single(Vector512.MaxNumber(a.AsSingle(), b.AsSingle()));
}

internal readonly struct Add32 : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => (a + b) & Low;
}

internal readonly struct Subtract32 : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => (a - b) & Low;
}

internal readonly struct Add64 : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => a + b;
}

internal readonly struct Subtract64 : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => a - b;
}

internal readonly struct Multiply32 : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => (a * b) & Low;
}

internal readonly struct MultiplyWide : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => (a & Low) * (b & Low);
}

internal readonly struct MultiplyWideSigned : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => Extended(a) * Extended(b);
}

internal readonly struct MultiplyAdd32 : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => ((a * b) + c) & Low;
}

internal readonly struct MultiplyAdd64 : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => (a * b) + c;
}

internal readonly struct Minimum32 : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => Vector512.Min(a.AsInt32(), b.AsInt32()).AsUInt64() & Low;
}

internal readonly struct Maximum32 : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => Vector512.Max(a.AsInt32(), b.AsInt32()).AsUInt64() & Low;
}

internal readonly struct And : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => a & b;
}

internal readonly struct Or : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => a | b;
}

internal readonly struct ExclusiveOr : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => a ^ b;
}

// Shifts by a constant, equal in every lane.
internal readonly struct ShiftLeft32 : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => (a << (int)b.ToScalar()) & Low;
}

internal readonly struct ShiftRight32 : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => (a & Low) >>> (int)b.ToScalar();
}

internal readonly struct ShiftRightSigned32 : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) =>
        (Extended(a).AsInt64() >> (int)b.ToScalar()).AsUInt64() & Low;
}

internal readonly struct ShiftLeft64 : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => a << (int)b.ToScalar();
}

internal readonly struct LowHalf : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => a & Low;
}

internal readonly struct SignExtended : IHotFunction
{
    public static Lanes Apply(Lanes a, Lanes b, Lanes c) => Extended(a);
}

internal sealed class HotMap<TFunction>(int to, int a, int b, int c) : Operation
    where TFunction : struct, IHotFunction
{
    public override void Execute(Warp warp, uint lanes)
    {
        var registers = warp.Registers.AsSpan();
        var result = registers.Slice(to * 32, 32);
        var first = registers.Slice(a * 32, 32);
        var second = registers.Slice(b * 32, 32);
        var third = registers.Slice(c * 32, 32);
        for (var lane = 0; lane < result.Length; lane += LaneVectors.Width)
        {
            var value = TFunction.Apply(Load(first, lane), Load(second, lane), Load(third, lane));
            if (lanes != ~0u)
                value = Vector512.ConditionalSelect(Mask(lanes >> lane), value, Load(result, lane));
            value.CopyTo(result[lane..]);
        }
    }
}

internal static class HotMaps
{
    /// <summary>The instruction's loop, or null.</summary>
    public static Operation? Find(DecodeContext context) => context.Instruction.Mnemonic switch
    {
        "add.f32" or "add.rn.f32" => Make<AddSingle>(context, 2),
        "sub.f32" or "sub.rn.f32" => Make<SubtractSingle>(context, 2),
        "mul.f32" or "mul.rn.f32" => Make<MultiplySingle>(context, 2),
        "fma.rn.f32" => Make<MultiplyAddSingle>(context, 3),
        "min.f32" => Make<MinimumSingle>(context, 2),
        "max.f32" => Make<MaximumSingle>(context, 2),
        "add.s32" or "add.u32" => Make<Add32>(context, 2),
        "sub.s32" or "sub.u32" => Make<Subtract32>(context, 2),
        "add.s64" or "add.u64" => Make<Add64>(context, 2),
        "sub.s64" or "sub.u64" => Make<Subtract64>(context, 2),
        "mul.lo.s32" or "mul.lo.u32" => Make<Multiply32>(context, 2),
        "mul.wide.u32" => Make<MultiplyWide>(context, 2),
        "mul.wide.s32" => Make<MultiplyWideSigned>(context, 2),
        "mad.lo.s32" or "mad.lo.u32" => Make<MultiplyAdd32>(context, 3),
        "mad.lo.u64" or "mad.lo.s64" => Make<MultiplyAdd64>(context, 3),
        "min.s32" => Make<Minimum32>(context, 2),
        "max.s32" => Make<Maximum32>(context, 2),
        "and.b32" or "and.b64" => Make<And>(context, 2),
        "or.b32" or "or.b64" => Make<Or>(context, 2),
        "xor.b32" or "xor.b64" => Make<ExclusiveOr>(context, 2),
        "shl.b32" when ShiftsByLessThan(context, 32) => MakeShift<ShiftLeft32>(context),
        "shr.u32" or "shr.b32" when ShiftsByLessThan(context, 32) => MakeShift<ShiftRight32>(context),
        "shr.s32" when ShiftsByLessThan(context, 32) => MakeShift<ShiftRightSigned32>(context),
        "shl.b64" when ShiftsByLessThan(context, 64) => MakeShift<ShiftLeft64>(context),
        "cvt.u64.u32" or "cvt.u32.u64" => Make<LowHalf>(context, 1),
        "cvt.s64.s32" => Make<SignExtended>(context, 1),
        _ => null,
    };

    private static bool ShiftsByLessThan(DecodeContext context, ulong width) =>
        context.Operand(2) is { Kind: Ptx.PtxOperandKind.Immediate, Decimal: null } count && count.Value < width;

    private static HotMap<TFunction> Make<TFunction>(DecodeContext context, int sources)
        where TFunction : struct, IHotFunction
    {
        var a = context.Source(1);
        return new HotMap<TFunction>(context.Target(0), a, sources > 1 ? context.Source(2) : a, sources > 2 ? context.Source(3) : a);
    }

    private static HotMap<TFunction> MakeShift<TFunction>(DecodeContext context)
        where TFunction : struct, IHotFunction
    {
        var a = context.Source(1);
        return new HotMap<TFunction>(context.Target(0), a, context.Source(2, "u32"), a);
    }
}
