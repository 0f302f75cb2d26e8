using System.Numerics;
using Blip.Emulation.Machine;
using static Blip.Emulation.Instructions.Bits;

namespace Blip.Emulation.Instructions;

/// <summary>A function that the compiler can put into the loop over lanes: for the few instructions that kernels are made of.</summary>
internal interface IHotFunction
{
    static abstract ulong Apply(ulong a, ulong b, ulong c);
}

internal readonly struct AddSingle : IHotFunction
{
    public static ulong Apply(ulong a, ulong b, ulong c) => F(F(a) + F(b));
}

internal readonly struct SubtractSingle : IHotFunction
{
    public static ulong Apply(ulong a, ulong b, ulong c) => F(F(a) - F(b));
}

internal readonly struct MultiplySingle : IHotFunction
{
    public static ulong Apply(ulong a, ulong b, ulong c) => F(F(a) * F(b));
}

internal readonly struct MultiplyAddSingle : IHotFunction
{
    public static ulong Apply(ulong a, ulong b, ulong c) => F(MathF.FusedMultiplyAdd(F(a), F(b), F(c)));
}

internal readonly struct Add32 : IHotFunction
{
    public static ulong Apply(ulong a, ulong b, ulong c) => (uint)(a + b);
}

internal readonly struct Add64 : IHotFunction
{
    public static ulong Apply(ulong a, ulong b, ulong c) => a + b;
}

internal readonly struct MultiplyWide : IHotFunction
{
    public static ulong Apply(ulong a, ulong b, ulong c) => (ulong)(uint)a * (uint)b;
}

internal readonly struct MultiplyAdd64 : IHotFunction
{
    public static ulong Apply(ulong a, ulong b, ulong c) => (a * b) + c;
}

/// <summary>A hot function of up to three registers.</summary>
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
        if (lanes == ~0u)
        {
            for (var lane = 0; lane < 32; lane++)
                result[lane] = TFunction.Apply(first[lane], second[lane], third[lane]);
            return;
        }
        for (; lanes != 0; lanes &= lanes - 1)
        {
            var lane = BitOperations.TrailingZeroCount(lanes);
            result[lane] = TFunction.Apply(first[lane], second[lane], third[lane]);
        }
    }
}

/// <summary>Which instructions are hot.</summary>
internal static class HotMaps
{
    /// <summary>The instruction's loop; null where it has none of its own.</summary>
    public static Operation? Find(DecodeContext context) => context.Instruction.Mnemonic switch
    {
        "add.f32" or "add.rn.f32" => Make<AddSingle>(context, 2),
        "sub.f32" or "sub.rn.f32" => Make<SubtractSingle>(context, 2),
        "mul.f32" or "mul.rn.f32" => Make<MultiplySingle>(context, 2),
        "fma.rn.f32" => Make<MultiplyAddSingle>(context, 3),
        "add.s32" or "add.u32" => Make<Add32>(context, 2),
        "add.s64" or "add.u64" => Make<Add64>(context, 2),
        "mul.wide.u32" => Make<MultiplyWide>(context, 2),
        "mad.lo.u64" or "mad.lo.s64" => Make<MultiplyAdd64>(context, 3),
        _ => null,
    };

    private static HotMap<TFunction> Make<TFunction>(DecodeContext context, int sources)
        where TFunction : struct, IHotFunction
    {
        var a = context.Source(1);
        return new HotMap<TFunction>(context.Target(0), a, context.Source(2), sources == 3 ? context.Source(3) : a);
    }
}
