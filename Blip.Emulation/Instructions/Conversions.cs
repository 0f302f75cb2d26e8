using Blip.Emulation.Ptx;
using static Blip.Emulation.Instructions.Bits;

namespace Blip.Emulation.Instructions;

internal static class Conversions
{
    public static Operation Decode(DecodeContext context)
    {
        context.Allow("rn", "rz", "rm", "rp", "rna", "rni", "rzi", "rmi", "rpi", "ftz", "sat", "relu", "satfinite");
        if (context.Has("satfinite"))
            throw context.Instruction.Unknown(".satfinite is not known");
        var types = context.Parts.Where(part => PtxTypes.Bytes(part) > 0).ToArray();
        if (types.Length != 2)
            throw context.Instruction.Unknown("two types are expected");
        var (to, from) = (types[0], types[1]);
        var mode = Rounding.Parse(context.Parts);
        if (to is "f16x2" or "bf16x2")
            return Pair(context, to, from, mode);

        var flush = context.Has("ftz");
        var whole = Whole(to) ? ToWhole(context, to, from, mode) : ToReal(context, to, from, mode);
        var function = flush && from == "f32" ? a => whole(Flush(a)) : whole;
        if (flush && to == "f32")
        {
            var unflushed = function;
            function = a => Flush(unflushed(a));
        }
        var target = context.Operand(0);
        if (to[0] == 's' && target.Bits > PtxTypes.Bytes(to) * 8)
        {
            var (unextended, bytes, width) = (function, PtxTypes.Bytes(to), target.Bits / 8);
            function = a => Unsigned((ulong)Signed(unextended(a), bytes), width);
        }
        return new Map1(context.Target(0), context.Source(1, from), function);
    }

    private static bool Whole(string type) => type[0] is 'u' or 's';

    private static Func<ulong, ulong> ToWhole(DecodeContext context, string to, string from, RoundingMode mode)
    {
        var bytes = PtxTypes.Bytes(to);
        var signed = to[0] == 's';
        var lowest = signed ? -Math.ScaleB(1, (bytes * 8) - 1) : 0;
        var beyond = Math.ScaleB(1, (bytes * 8) - (signed ? 1 : 0));
        if (!Whole(from))
        {
            var read = Reader(context, from);
            // Values out of range become the nearest in range; NaN becomes 0.
            return a =>
            {
                var value = read(a);
                if (double.IsNaN(value))
                    return 0;
                value = Rounding.ToIntegral(value, mode);
                if (value >= beyond)
                    return signed ? Unsigned(~0UL, bytes) >> 1 : Unsigned(~0UL, bytes);
                if (value <= lowest)
                    return signed ? 1UL << ((bytes * 8) - 1) : 0;
                return Unsigned(signed ? (ulong)(long)value : (ulong)value, bytes);
            };
        }
        var fromBytes = PtxTypes.Bytes(from);
        var fromSigned = from[0] == 's';
        if (!context.Has("sat"))
            return fromSigned ? a => Unsigned((ulong)Signed(a, fromBytes), bytes) : a => Unsigned(Unsigned(a, fromBytes), bytes);
        return a =>
        {
            var value = fromSigned ? Signed(a, fromBytes) : (Int128)Unsigned(a, fromBytes);
            var (least, most) = signed
                ? (-((Int128)1 << ((bytes * 8) - 1)), ((Int128)1 << ((bytes * 8) - 1)) - 1)
                : (0, ((Int128)1 << (bytes * 8)) - 1);
            return Unsigned((ulong)(long)Int128.Clamp(value, least, most), bytes);
        };
    }

    private static Func<ulong, ulong> ToReal(DecodeContext context, string to, string from, RoundingMode mode)
    {
        var integral = context.Instruction.Parts.Any(part => part is "rni" or "rzi" or "rmi" or "rpi");
        var write = Writer(context, to, integral ? RoundingMode.NearestEven : mode);
        Func<ulong, double> read = Whole(from) ? WholeReader(from) : Reader(context, from);
        var saturate = context.Has("sat");
        var relu = context.Has("relu");
        return a =>
        {
            var value = read(a);
            if (integral)
                value = Rounding.ToIntegral(value, mode);
            if (relu)
                value = double.IsNaN(value) ? value : Math.Max(value, 0);
            if (saturate)
                value = double.IsNaN(value) ? 0 : Math.Clamp(value, 0, 1) + 0.0;
            return write(value);
        };
    }

    private static Map2 Pair(DecodeContext context, string to, string from, RoundingMode mode)
    {
        if (from != "f32" || context.Count != 3)
            throw context.Instruction.Unknown("two f32 are expected");
        var write = Writer(context, to == "f16x2" ? "f16" : "bf16", mode);
        var relu = context.Has("relu");
        // The first operand becomes the upper half.
        return new Map2(context.Target(0), context.Source(1, from), context.Source(2, from), (a, b) => (One(a) << 16) | One(b));

        ulong One(ulong bits) => write(relu && F(bits) < 0 ? 0 : F(bits));
    }

    private static Func<ulong, double> Reader(DecodeContext context, string type) => type switch
    {
        "f32" => a => F(a),
        "f64" => D,
        "f16" => H,
        "bf16" => B,
        _ => throw context.Instruction.Unknown($"conversion from {type}"),
    };

    // 64-bit integers are rounded to odd, so that only the second rounding counts.
    private static Func<ulong, double> WholeReader(string type)
    {
        var bytes = PtxTypes.Bytes(type);
        if (bytes < 8)
            return type[0] == 's' ? a => Signed(a, bytes) : a => Unsigned(a, bytes);
        return type[0] == 's' ? a => (long)a < 0 ? -Odd(0 - a) : Odd(a) : Odd;

        static double Odd(ulong value) => value >> 53 == 0 ? value : (double)((value >> 11) | ((value & 0x7FF) != 0 ? 1UL : 0)) * 2048;
    }

    private static Func<double, ulong> Writer(DecodeContext context, string type, RoundingMode mode) => type switch
    {
        "f32" => mode == RoundingMode.NearestEven ? value => F((float)value) : value =>
            F((float)Rounding.Narrow(value, FloatFormat.Single, mode)),
        "f64" => D,
        "f16" => mode == RoundingMode.NearestEven ? H : value => H(Rounding.Narrow(value, FloatFormat.Half, mode)),
        "bf16" => value => B(value, mode),
        "tf32" => value => F((float)Rounding.Narrow(value, FloatFormat.TensorFloat32, mode)),
        _ => throw context.Instruction.Unknown($"conversion to {type}"),
    };
}
