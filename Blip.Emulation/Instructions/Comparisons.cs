using Blip.Emulation.Ptx;
using static Blip.Emulation.Instructions.Bits;

namespace Blip.Emulation.Instructions;

/// <summary>setp, set, selp, slct and testp.</summary>
internal static class Comparisons
{
    public static Operation Decode(DecodeContext context)
    {
        switch (context.Instruction.Name)
        {
            case "setp":
                return SetPredicate(context);
            case "set":
                return Set(context);
            case "selp":
                context.Allow();
                var choice = context.Operand(3);
                return new Select(context.Target(0), context.Source(1), context.Source(2), context.PredicateSource(choice), choice.Negated);
            case "slct":
                context.Allow();
                var real = context.Type == "f32";
                return new Map3(context.Target(0), context.Source(1, context.Parts[1]), context.Source(2, context.Parts[1]),
                    context.Source(3),
                    real ? (a, b, c) => F(c) >= 0 ? a : b : (a, b, c) => (int)c >= 0 ? a : b);
            default:
                return Test(context);
        }
    }

    private static Compare SetPredicate(DecodeContext context)
    {
        var combine = Combination(context, out var combines);
        var function = Comparison(context, context.Type, context.Parts[1]);
        var with = combines ? context.Operand(3) : null;
        var to = context.Operand(0);
        return new Compare(context.PredicateTarget(to), context.PredicateTarget(to.Second), context.Source(1), context.Source(2), function,
            combine,
            with is null ? -1 : context.PredicateSource(with), with is { Negated: true });
    }

    private static SetMap Set(DecodeContext context)
    {
        var types = context.Parts.Where(part => PtxTypes.Bytes(part) > 0).ToArray();
        Combination(context, out var combines);
        if (combines || types.Length != 2)
            throw context.Instruction.Unknown("unknown form");
        var function = Comparison(context, types[1], context.Parts[1]);
        var yes = types[0] == "f32" ? F(1f) : uint.MaxValue;
        return new SetMap(context.Target(0), context.Source(1, types[1]), context.Source(2, types[1]), function, yes);
    }

    private static Compare Test(DecodeContext context)
    {
        var source = context.Source(1);
        Func<float, bool> test = context.Parts[1] switch
        {
            "finite" => float.IsFinite,
            "infinite" => float.IsInfinity,
            "number" => value => !float.IsNaN(value),
            "notanumber" => float.IsNaN,
            "normal" => float.IsNormal,
            "subnormal" => float.IsSubnormal,
            _ => throw context.Instruction.Unknown("unknown test"),
        };
        if (context.Type != "f32")
            throw context.Instruction.Unknown("only for f32");
        var target = context.PredicateTarget(context.Operand(0));
        return new Compare(target, -1, source, source, Relations.Each((a, _) => test(F(a))), (a, _) => a, -1, false);
    }

    private static Func<uint, uint, uint> Combination(DecodeContext context, out bool combines)
    {
        context.Allow("eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan",
            "and", "or", "xor", "ftz");
        combines = true;
        if (context.Has("and"))
            return (a, b) => a & b;
        if (context.Has("or"))
            return (a, b) => a | b;
        if (context.Has("xor"))
            return (a, b) => a ^ b;
        combines = false;
        return (a, _) => a;
    }

    private static LaneTest Comparison(DecodeContext context, string type, string comparison) => type switch
    {
        "f32" when context.Has("ftz") => Relations.Real(Relations.OfReal(comparison), a => F(Flush(a))),
        "f32" => Relations.Single(Relations.OfReal(comparison)),
        "f64" => Relations.Real(Relations.OfReal(comparison), D),
        "f16" => Relations.Real(Relations.OfReal(comparison), H),
        "bf16" => Relations.Real(Relations.OfReal(comparison), B),
        _ when PtxTypes.Bytes(type) > 0 && !type.EndsWith("x2", StringComparison.Ordinal) =>
            Relations.Whole(Relations.OfWhole(comparison), PtxTypes.Bytes(type), type[0] == 's'),
        _ => throw context.Instruction.Unknown($"comparison of {type}"),
    };
}
