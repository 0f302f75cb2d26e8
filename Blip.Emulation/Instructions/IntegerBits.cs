using System.Numerics;
using Blip.Emulation.Ptx;
using static Blip.Emulation.Instructions.Bits;

namespace Blip.Emulation.Instructions;

internal static class IntegerBits
{
    public static Operation Decode(DecodeContext context)
    {
        context.Allow("l", "r", "wrap", "clamp", "b32", "shiftamt", "lo", "hi");
        var type = context.Type;
        if (type == "pred")
            return Predicates(context);
        var bytes = PtxTypes.Bytes(type);
        var width = (ulong)bytes * 8;
        var signed = type[0] == 's';
        switch (context.Instruction.Name)
        {
            case "and":
                return Two(context, (a, b) => a & b);
            case "or":
                return Two(context, (a, b) => a | b);
            case "xor":
                return Two(context, (a, b) => a ^ b);
            case "not":
                return One(context, a => Unsigned(~a, bytes));
            case "cnot":
                return One(context, a => a == 0 ? 1UL : 0);
            // PTX clamps shifts to the width.
            case "shl":
                return new Map2(context.Target(0), context.Source(1), context.Source(2, "u32"),
                    (a, b) => (uint)b >= width ? 0 : Unsigned(a << (int)b, bytes));
            case "shr":
                return new Map2(context.Target(0), context.Source(1), context.Source(2, "u32"), signed
                    ? (a, b) => Unsigned((ulong)(Signed(a, bytes) >> (int)Math.Min((uint)b, 63)), bytes)
                    : (a, b) => (uint)b >= width ? 0 : Unsigned(a, bytes) >> (int)b);
            case "shf":
                var left = context.Has("l");
                var wrap = context.Has("wrap");
                return Three(context, (a, b, c) =>
                {
                    var shift = (int)(wrap ? c & 31 : Math.Min((uint)c, 32));
                    var both = (b << 32) | a;
                    return left ? (uint)((both << shift) >> 32) : (uint)(both >> shift);
                });
            case "lop3":
                var table = (int)context.Operand(4).Value;
                return Three(context, (a, b, c) => Lookup((uint)a, (uint)b, (uint)c, table));
            case "bfe":
                return new Map3(context.Target(0), context.Source(1), context.Source(2, "u32"), context.Source(3, "u32"),
                    (a, b, c) => Extract(a, b, c, bytes, signed));
            case "bfi":
                return new EachLaneFour(context.Target(0), context.Source(1), context.Source(2), context.Source(3, "u32"),
                    context.Source(4, "u32"), (a, b, c, d) => Insert(a, b, c, d, bytes));
            case "prmt":
                if (context.Parts.Length != 2)
                    throw context.Instruction.Unknown("only the plain form is known");
                return Three(context, (a, b, c) => Permute((b << 32) | a, c));
            case "popc":
                return One(context, a => (ulong)BitOperations.PopCount(a));
            case "clz":
                return One(context, a => (ulong)(BitOperations.LeadingZeroCount(a) - (64 - (int)width)));
            case "brev":
                return One(context, a => Reverse(a, (int)width));
            case "bfind":
                var amount = context.Has("shiftamt");
                return One(context, a =>
                {
                    var value = signed && Signed(a, bytes) < 0 ? Unsigned(~a, bytes) : Unsigned(a, bytes);
                    if (value == 0)
                        return uint.MaxValue;
                    var place = BitOperations.Log2(value);
                    return (ulong)(amount ? (int)width - 1 - place : place);
                });
            case "dp4a":
                var (first, second) = (context.Parts[1][0] == 's', context.Parts[2][0] == 's');
                return Three(context, (a, b, c) =>
                {
                    var sum = (long)(int)c;
                    for (var i = 0; i < 32; i += 8)
                        sum += (first ? (sbyte)(a >> i) : (byte)(a >> i)) * (second ? (sbyte)(b >> i) : (long)(byte)(b >> i));
                    return (uint)sum;
                });
            case "mul24" when !context.Has("hi"):
                return Two(context, (a, b) => (uint)(signed ? (ulong)(Low24(a) * Low24(b)) : (a & 0xFFFFFF) * (b & 0xFFFFFF)));
            case "mad24" when !context.Has("hi"):
                return Three(context, (a, b, c) => (uint)((signed ? (ulong)(Low24(a) * Low24(b)) : (a & 0xFFFFFF) * (b & 0xFFFFFF)) + c));
            case "sad":
                return Three(context, (a, b, c) =>
                    Unsigned(c + (ulong)Math.Abs(signed
                        ? Signed(a, bytes) - Signed(b, bytes)
                        : (long)Unsigned(a, bytes) - (long)Unsigned(b, bytes)), bytes));
            default:
                throw context.Instruction.Unknown("unknown form");
        }
    }

    private static PredicateMap Predicates(DecodeContext context)
    {
        Func<uint, uint, uint> function = context.Instruction.Name switch
        {
            "and" => (a, b) => a & b,
            "or" => (a, b) => a | b,
            "xor" => (a, b) => a ^ b,
            "not" => (a, _) => ~a,
            _ => throw context.Instruction.Unknown("not for predicates"),
        };
        var (a, b) = (context.Operand(1), context.Count > 2 ? context.Operand(2) : null);
        if (a.Negated || b is { Negated: true })
            throw context.Instruction.Unknown("negated predicates are not known here");
        return new PredicateMap(
            context.PredicateTarget(context.Operand(0)), context.PredicateSource(a), b is null ? -1 : context.PredicateSource(b), function);
    }

    private static long Low24(ulong bits) => (int)((uint)bits << 8) >> 8;

    private static ulong Lookup(uint a, uint b, uint c, int table)
    {
        var result = 0u;
        for (var i = 0; i < 8; i++)
        {
            if ((table >> i & 1) != 0)
                result |= ((i & 4) != 0 ? a : ~a) & ((i & 2) != 0 ? b : ~b) & ((i & 1) != 0 ? c : ~c);
        }
        return result;
    }

    private static ulong Extract(ulong a, ulong b, ulong c, int bytes, bool signed)
    {
        var width = bytes * 8;
        var (position, length) = ((int)(b & 0xFF), (int)(c & 0xFF));
        var highest = position + length - 1;
        var sign = signed && length > 0 && (a >> Math.Min(highest, width - 1) & 1) != 0;
        var result = 0UL;
        for (var i = 0; i < width; i++)
        {
            var bit = i < length && position + i < width ? (a >> (position + i) & 1) != 0 : sign;
            result |= (bit ? 1UL : 0) << i;
        }
        return result;
    }

    private static ulong Insert(ulong a, ulong b, ulong c, ulong d, int bytes)
    {
        var (position, length) = ((int)(c & 0xFF), (int)(d & 0xFF));
        var result = b;
        for (var i = 0; i < length && position + i < bytes * 8; i++)
            result = (result & ~(1UL << (position + i))) | ((a >> i & 1) << (position + i));
        return result;
    }

    private static ulong Permute(ulong bytes, ulong selector)
    {
        var result = 0UL;
        for (var i = 0; i < 4; i++)
        {
            var choice = (int)(selector >> (i * 4)) & 15;
            var value = (byte)(bytes >> ((choice & 7) * 8));
            if ((choice & 8) != 0)
                value = (value & 0x80) != 0 ? (byte)0xFF : (byte)0;
            result |= (ulong)value << (i * 8);
        }
        return result;
    }

    private static ulong Reverse(ulong a, int width)
    {
        var result = 0UL;
        for (var i = 0; i < width; i++)
            result |= (a >> i & 1) << (width - 1 - i);
        return result;
    }

    private static Map1 One(DecodeContext context, Func<ulong, ulong> function) => new(context.Target(0), context.Source(1), function);

    private static Map2 Two(DecodeContext context, Func<ulong, ulong, ulong> function) =>
        new(context.Target(0), context.Source(1), context.Source(2), function);

    private static Map3 Three(DecodeContext context, Func<ulong, ulong, ulong, ulong> function) =>
        new(context.Target(0), context.Source(1), context.Source(2), context.Source(3), function);

    private sealed class EachLaneFour(int to, int a, int b, int c, int d, Func<ulong, ulong, ulong, ulong, ulong> function) : Operation
    {
        public override void Execute(Machine.Warp warp, uint lanes)
        {
            var r = warp.Registers;
            for (; lanes != 0; lanes &= lanes - 1)
            {
                var lane = BitOperations.TrailingZeroCount(lanes);
                r[(to * 32) + lane] = function(r[(a * 32) + lane], r[(b * 32) + lane], r[(c * 32) + lane], r[(d * 32) + lane]);
            }
        }
    }
}
