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
                return new Map3(context.Target(0), context.Source(1, context.Parts[1]), context.Source(2, context.Parts[1]), context.Source(3),
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
        return new Compare(context.PredicateTarget(to), context.PredicateTarget(to.Second), context.Source(1), context.Source(2), function, combine,
            with is null ? -1 : context.PredicateSource(with), with is { Negated: true });
    }

    private static Map2 Set(DecodeContext context)
    {
        var types = context.Parts.Where(part => PtxTypes.Bytes(part) > 0).ToArray();
        Combination(context, out var combines);
        if (combines || types.Length != 2)
            throw context.Instruction.Unknown("unknown form");
        var function = Comparison(context, types[1], context.Parts[1]);
        var yes = types[0] == "f32" ? F(1f) : uint.MaxValue;
        return new Map2(context.Target(0), context.Source(1, types[1]), context.Source(2, types[1]), (a, b) => function(a, b) ? yes : 0);
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
        return new Compare(context.PredicateTarget(context.Operand(0)), -1, source, source, (a, _) => test(F(a)), (a, _) => a, -1, false);
    }

    private static Func<uint, uint, uint> Combination(DecodeContext context, out bool combines)
    {
        context.Allow("eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan", "and", "or", "xor", "ftz");
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

    private static Func<ulong, ulong, bool> Comparison(DecodeContext context, string type, string comparison)
    {
        var flush = context.Has("ftz");
        return type switch
        {
            "f32" => flush ? Real(comparison, a => F(Flush(a))) : Single(comparison),
            "f64" => Real(comparison, D),
            "f16" => Real(comparison, H),
            "bf16" => Real(comparison, B),
            _ when PtxTypes.Bytes(type) > 0 && !type.EndsWith("x2", StringComparison.Ordinal) => Whole(comparison, PtxTypes.Bytes(type), type[0] == 's'),
            _ => throw context.Instruction.Unknown($"comparison of {type}"),
        };
    }

    private static Func<ulong, ulong, bool> Single(string comparison) => comparison switch
    {
        "lt" => (a, b) => F(a) < F(b),
        "le" => (a, b) => F(a) <= F(b),
        "gt" => (a, b) => F(a) > F(b),
        "ge" => (a, b) => F(a) >= F(b),
        _ => Real(comparison, a => F(a)),
    };

    private static Func<ulong, ulong, bool> Real(string comparison, Func<ulong, double> read) => comparison switch
    {
        "eq" => (a, b) => read(a) == read(b),
        "ne" => (a, b) => read(a) < read(b) || read(a) > read(b),
        "lt" => (a, b) => read(a) < read(b),
        "le" => (a, b) => read(a) <= read(b),
        "gt" => (a, b) => read(a) > read(b),
        "ge" => (a, b) => read(a) >= read(b),
        "equ" => (a, b) => !(read(a) < read(b) || read(a) > read(b)),
        "neu" => (a, b) => read(a) != read(b),
        "ltu" => (a, b) => !(read(a) >= read(b)),
        "leu" => (a, b) => !(read(a) > read(b)),
        "gtu" => (a, b) => !(read(a) <= read(b)),
        "geu" => (a, b) => !(read(a) < read(b)),
        "num" => (a, b) => !double.IsNaN(read(a)) && !double.IsNaN(read(b)),
        "nan" => (a, b) => double.IsNaN(read(a)) || double.IsNaN(read(b)),
        _ => throw new NotSupportedException(comparison),
    };

    private static Func<ulong, ulong, bool> Whole(string comparison, int bytes, bool signed) => (comparison, signed) switch
    {
        ("eq", _) => (a, b) => Unsigned(a, bytes) == Unsigned(b, bytes),
        ("ne", _) => (a, b) => Unsigned(a, bytes) != Unsigned(b, bytes),
        ("lt", true) => (a, b) => Signed(a, bytes) < Signed(b, bytes),
        ("le", true) => (a, b) => Signed(a, bytes) <= Signed(b, bytes),
        ("gt", true) => (a, b) => Signed(a, bytes) > Signed(b, bytes),
        ("ge", true) => (a, b) => Signed(a, bytes) >= Signed(b, bytes),
        ("lt" or "lo", _) => (a, b) => Unsigned(a, bytes) < Unsigned(b, bytes),
        ("le" or "ls", _) => (a, b) => Unsigned(a, bytes) <= Unsigned(b, bytes),
        ("gt" or "hi", _) => (a, b) => Unsigned(a, bytes) > Unsigned(b, bytes),
        ("ge" or "hs", _) => (a, b) => Unsigned(a, bytes) >= Unsigned(b, bytes),
        _ => throw new NotSupportedException(comparison),
    };
}
