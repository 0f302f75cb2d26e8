using Blip.Emulation.Ptx;
using static Blip.Emulation.Instructions.Bits;

namespace Blip.Emulation.Instructions;

internal static class Arithmetic
{
    public static Operation Decode(DecodeContext context) => context.Type switch
    {
        "f32" => Single(context),
        "f64" => Double(context),
        "f16" or "bf16" or "f16x2" or "bf16x2" => Small(context),
        _ => Integer(context),
    };

    private static Operation Single(DecodeContext context)
    {
        context.Allow("rn", "rz", "rm", "rp", "ftz", "sat", "approx", "full", "NaN", "relu");
        var mode = Rounding.Parse(context.Parts);
        var rn = mode == RoundingMode.NearestEven;
        var nan = context.Has("NaN");
        switch (context.Instruction.Name)
        {
            case "add":
                return Two(context, rn ? (a, b) => F(F(a) + F(b)) : (a, b) => F(Rounding.Add(F(a), F(b), mode)));
            case "sub":
                return Two(context, rn ? (a, b) => F(F(a) - F(b)) : (a, b) => F(Rounding.Add(F(a), -F(b), mode)));
            case "mul":
                return Two(context, rn ? (a, b) => F(F(a) * F(b)) : (a, b) => F(Rounding.Multiply(F(a), F(b), mode)));
            case "fma" or "mad":
                return Three(context, rn ? (a, b, c) => F(MathF.FusedMultiplyAdd(F(a), F(b), F(c))) : (a, b, c) =>
                    F(Rounding.MultiplyAdd(F(a), F(b), F(c), mode)));
            case "div":
                // div.approx and div.full are within 2 ulp; both are exact here.
                return Two(context, rn ? (a, b) => F(F(a) / F(b)) : (a, b) => F(Rounding.Divide(F(a), F(b), mode)));
            case "min":
                return Two(context, (a, b) => Minimum(F(a), F(b), nan));
            case "max":
                return Two(context, (a, b) => Maximum(F(a), F(b), nan));
            case "copysign":
                return Two(context, (a, b) => (b & 0x7FFFFFFF) | (a & 0x80000000));
            case "neg":
                return One(context, a => a ^ 0x80000000);
            case "abs":
                return One(context, a => a & 0x7FFFFFFF);
            case "sqrt":
                return One(context, rn ? a => F(MathF.Sqrt(F(a))) : a => F(Rounding.Root(F(a), mode)));
            case "rcp":
                return One(context, rn ? a => F(1 / F(a)) : a => F(Rounding.Divide(1, F(a), mode)));
            // Approximate instructions round values from double precision. GPUs give rsqrt and lg2 within 2^-22, ex2 within 2 ulp, tanh
            // within 2^-11.
            case "rsqrt":
                return One(context, a => F((float)(1 / Math.Sqrt(F(a)))));
            case "ex2":
                return One(context, a => F((float)Math.Pow(2, F(a))));
            case "lg2":
                return One(context, a => F((float)Math.Log2(F(a))));
            case "sin":
                return One(context, a => F((float)Math.Sin(F(a))));
            case "cos":
                return One(context, a => F((float)Math.Cos(F(a))));
            case "tanh":
                return One(context, a => F((float)Math.Tanh(F(a))));
            default:
                throw context.Instruction.Unknown("not for f32");
        }
    }

    private static Operation Double(DecodeContext context)
    {
        context.Allow("rn", "approx");
        return context.Instruction.Name switch
        {
            "add" => Two(context, (a, b) => D(D(a) + D(b))),
            "sub" => Two(context, (a, b) => D(D(a) - D(b))),
            "mul" => Two(context, (a, b) => D(D(a) * D(b))),
            "fma" or "mad" => Three(context, (a, b, c) => D(Math.FusedMultiplyAdd(D(a), D(b), D(c)))),
            "div" => Two(context, (a, b) => D(D(a) / D(b))),
            "min" => Two(context, (a, b) => D(double.IsNaN(D(a)) ? D(b) : double.IsNaN(D(b)) ? D(a) : Math.Min(D(a), D(b)))),
            "max" => Two(context, (a, b) => D(double.IsNaN(D(a)) ? D(b) : double.IsNaN(D(b)) ? D(a) : Math.Max(D(a), D(b)))),
            "neg" => One(context, a => a ^ (1UL << 63)),
            "abs" => One(context, a => a & ~(1UL << 63)),
            "sqrt" => One(context, a => D(Math.Sqrt(D(a)))),
            "rcp" => One(context, a => D(1 / D(a))),
            _ => throw context.Instruction.Unknown("not for f64"),
        };
    }

    // Computed in double precision and rounded once.
    private static Operation Small(DecodeContext context)
    {
        context.Allow("rn", "ftz", "sat", "relu", "NaN", "approx");
        if (context.Has("ftz") || context.Has("sat") || context.Has("relu"))
            throw context.Instruction.Unknown("a modifier that is not known for 16 bits");
        var half = context.Type.StartsWith('f');
        var pair = context.Type.EndsWith("x2", StringComparison.Ordinal);
        Func<ulong, double> read = half ? H : B;
        Func<double, ulong> write = half ? H : value => B(value);
        var nan = context.Has("NaN");
        ulong canonical = NaN16;
        return context.Instruction.Name switch
        {
            "add" => SmallTwo((a, b) => write(Rounding.OddSum(read(a), read(b)))),
            "sub" => SmallTwo((a, b) => write(Rounding.OddSum(read(a), -read(b)))),
            "mul" => SmallTwo((a, b) => write(read(a) * read(b))),
            "fma" => SmallThree((a, b, c) => write(Rounding.OddSum(read(a) * read(b), read(c)))),
            "min" => SmallTwo((a, b) => Choose(a, b, (x, y) => Math.Min(x, y))),
            "max" => SmallTwo((a, b) => Choose(a, b, (x, y) => Math.Max(x, y))),
            "neg" => SmallOne(a => a ^ 0x8000),
            "abs" => SmallOne(a => a & 0x7FFF),
            "ex2" => SmallOne(a => write(Math.Pow(2, read(a)))),
            "tanh" => SmallOne(a => write(Math.Tanh(read(a)))),
            _ => throw context.Instruction.Unknown("not for 16 bits"),
        };

        ulong Choose(ulong a, ulong b, Func<double, double, double> choice)
        {
            var (x, y) = (read(a), read(b));
            if (double.IsNaN(x) || double.IsNaN(y))
                return nan || (double.IsNaN(x) && double.IsNaN(y)) ? canonical : double.IsNaN(x) ? b & 0xFFFF : a & 0xFFFF;
            return write(choice(x, y));
        }

        Operation SmallOne(Func<ulong, ulong> function) =>
            One(context, pair ? a => function(a & 0xFFFF) | (function(a >> 16 & 0xFFFF) << 16) : a => function(a & 0xFFFF));

        Operation SmallTwo(Func<ulong, ulong, ulong> function) =>
            Two(context, pair ? (a, b) =>
                function(a & 0xFFFF, b & 0xFFFF) | (function(a >> 16 & 0xFFFF, b >> 16 & 0xFFFF) << 16) : function);

        Operation SmallThree(Func<ulong, ulong, ulong, ulong> function) =>
            Three(context, pair
                ? (a, b, c) => function(a & 0xFFFF, b & 0xFFFF, c & 0xFFFF)
                    | (function(a >> 16 & 0xFFFF, b >> 16 & 0xFFFF, c >> 16 & 0xFFFF) << 16)
                : function);
    }

    private static Operation Integer(DecodeContext context)
    {
        context.Allow("lo", "hi", "wide", "sat");
        if (context.Has("sat"))
            throw context.Instruction.Unknown("saturating sums are not known");
        var type = context.Type;
        var bytes = PtxTypes.Bytes(type);
        var signed = type[0] == 's';
        var wide = context.Has("wide");
        var high = context.Has("hi");
        switch (context.Instruction.Name)
        {
            case "add":
                return Two(context, bytes switch { 4 => (a, b) => (uint)(a + b), 8 => (a, b) => a + b, _ => (a, b) => (ushort)(a + b) });
            case "sub":
                return Two(context, bytes switch { 4 => (a, b) => (uint)(a - b), 8 => (a, b) => a - b, _ => (a, b) => (ushort)(a - b) });
            case "mul":
                return Two(context, Product(bytes, signed, wide, high));
            case "mad":
                var product = Product(bytes, signed, wide, high);
                var width = wide ? bytes * 2 : bytes;
                return Three(context, (a, b, c) => Unsigned(product(a, b) + c, width), wide ? $"{type[0]}{width * 8}" : null);
            case "div":
                return Two(context, signed
                    ? (a, b) => Unsigned((ulong)Quotient(Signed(a, bytes), Signed(b, bytes), bytes), bytes)
                    : (a, b) => Unsigned(b, bytes) == 0 ? Unsigned(~0UL, bytes) : Unsigned(a, bytes) / Unsigned(b, bytes));
            case "rem":
                return Two(context, signed
                    ? (a, b) => Unsigned(
                        (ulong)(Signed(a, bytes) - (Quotient(Signed(a, bytes), Signed(b, bytes), bytes) * Signed(b, bytes))), bytes)
                    : (a, b) => Unsigned(b, bytes) == 0 ? Unsigned(a, bytes) : Unsigned(a, bytes) % Unsigned(b, bytes));
            case "neg":
                return One(context, a => Unsigned(0 - a, bytes));
            case "abs":
                return One(context, a => Signed(a, bytes) < 0 ? Unsigned(0 - a, bytes) : Unsigned(a, bytes));
            case "min":
                return Two(context, signed
                    ? (a, b) => Signed(a, bytes) <= Signed(b, bytes) ? Unsigned(a, bytes) : Unsigned(b, bytes)
                    : (a, b) => Math.Min(Unsigned(a, bytes), Unsigned(b, bytes)));
            case "max":
                return Two(context, signed
                    ? (a, b) => Signed(a, bytes) >= Signed(b, bytes) ? Unsigned(a, bytes) : Unsigned(b, bytes)
                    : (a, b) => Math.Max(Unsigned(a, bytes), Unsigned(b, bytes)));
            default:
                throw context.Instruction.Unknown("not for whole numbers");
        }
    }

    private static Func<ulong, ulong, ulong> Product(int bytes, bool signed, bool wide, bool high)
    {
        if (wide)
            return signed ? (a, b) => Unsigned((ulong)(Signed(a, bytes) * Signed(b, bytes)), bytes * 2) : (a, b) =>
                Unsigned(a, bytes) * Unsigned(b, bytes);
        if (!high)
            return (a, b) => Unsigned(a * b, bytes);
        if (bytes < 8)
            return signed ? (a, b) => Unsigned((ulong)(Signed(a, bytes) * Signed(b, bytes) >> (bytes * 8)), bytes) : (a, b) =>
                Unsigned(a, bytes) * Unsigned(b, bytes) >> (bytes * 8);
        return signed ? (a, b) => (ulong)Math.BigMul((long)a, (long)b, out _) : (a, b) => Math.BigMul(a, b, out _);
    }

    // PTX leaves division by zero open; GPUs set all bits. The smallest number divided by -1 is unchanged.
    private static long Quotient(long a, long b, int bytes) => b == 0 ? -1 : b == -1 ? Signed((ulong)-a, bytes) : a / b;

    private static ulong Minimum(float a, float b, bool nan) =>
        float.IsNaN(a) || float.IsNaN(b) ? Other(a, b, nan) : F(MathF.Min(a, b));

    private static ulong Maximum(float a, float b, bool nan) =>
        float.IsNaN(a) || float.IsNaN(b) ? Other(a, b, nan) : F(MathF.Max(a, b));

    private static ulong Other(float a, float b, bool nan) => nan ? NaN32 : F(float.IsNaN(a) ? b : a);

    private static Map1 One(DecodeContext context, Func<ulong, ulong> function)
    {
        var inner = function;
        if (Flushes(context))
            function = a => Flush(inner(Flush(a)));
        return new Map1(context.Target(0), context.Source(1), Saturating(context, function));
    }

    private static Map2 Two(DecodeContext context, Func<ulong, ulong, ulong> function)
    {
        var inner = function;
        if (Flushes(context))
            function = (a, b) => Flush(inner(Flush(a), Flush(b)));
        var unsaturated = function;
        if (context.Has("sat"))
            function = (a, b) => Saturate(unsaturated(a, b));
        return new Map2(context.Target(0), context.Source(1), context.Source(2), function);
    }

    private static Map3 Three(DecodeContext context, Func<ulong, ulong, ulong, ulong> function, string? lastType = null)
    {
        var inner = function;
        if (Flushes(context))
            function = (a, b, c) => Flush(inner(Flush(a), Flush(b), Flush(c)));
        var unsaturated = function;
        if (context.Has("sat"))
            function = (a, b, c) => Saturate(unsaturated(a, b, c));
        if (context.Has("relu"))
            throw context.Instruction.Unknown(".relu is not known here");
        return new Map3(context.Target(0), context.Source(1), context.Source(2), context.Source(3, lastType), function);
    }

    private static Func<ulong, ulong> Saturating(DecodeContext context, Func<ulong, ulong> function) =>
        context.Has("sat") ? a => Saturate(function(a)) : function;

    private static bool Flushes(DecodeContext context) => context.Has("ftz") && context.Type == "f32";
}
