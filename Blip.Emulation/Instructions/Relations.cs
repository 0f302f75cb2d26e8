using System.Numerics;
using System.Runtime.Intrinsics;
using static Blip.Emulation.Instructions.Bits;
using static Blip.Emulation.Instructions.LaneVectors;
using Lanes = System.Runtime.Intrinsics.Vector512<ulong>;

namespace Blip.Emulation.Instructions;

/// <summary>The possible relations of two values; a comparison accepts some of them.</summary>
[Flags]
internal enum Relation
{
    None = 0,
    Less = 1,
    Equal = 2,
    Greater = 4,

    /// <summary>One is NaN.</summary>
    Unordered = 8,
}

/// <summary>A test of two registers.</summary>
/// <returns>One bit per lane; inactive lanes may have any.</returns>
internal delegate uint LaneTest(ReadOnlySpan<ulong> a, ReadOnlySpan<ulong> b);

internal static class Relations
{
    /// <summary>The relations that a comparison of reals accepts.</summary>
    /// <exception cref="NotSupportedException">It is unknown.</exception>
    public static Relation OfReal(string comparison) => comparison switch
    {
        "eq" or "ne" or "lt" or "le" or "gt" or "ge" => OfWhole(comparison),
        "equ" => Relation.Equal | Relation.Unordered,
        "neu" => Relation.Less | Relation.Greater | Relation.Unordered,
        "ltu" => Relation.Less | Relation.Unordered,
        "leu" => Relation.Less | Relation.Equal | Relation.Unordered,
        "gtu" => Relation.Greater | Relation.Unordered,
        "geu" => Relation.Greater | Relation.Equal | Relation.Unordered,
        "num" => Relation.Less | Relation.Equal | Relation.Greater,
        "nan" => Relation.Unordered,
        _ => throw new NotSupportedException(comparison),
    };

    /// <summary>The same for integers.</summary>
    /// <exception cref="NotSupportedException">It is unknown.</exception>
    public static Relation OfWhole(string comparison) => comparison switch
    {
        "eq" => Relation.Equal,
        "ne" => Relation.Less | Relation.Greater,
        "lt" or "lo" => Relation.Less,
        "le" or "ls" => Relation.Less | Relation.Equal,
        "gt" or "hi" => Relation.Greater,
        "ge" or "hs" => Relation.Greater | Relation.Equal,
        _ => throw new NotSupportedException(comparison),
    };

    public static LaneTest Real(Relation wanted, Func<ulong, double> read) => Each((first, second) =>
    {
        var (x, y) = (read(first), read(second));
        return (wanted & (x < y ? Relation.Less : x > y ? Relation.Greater : x == y ? Relation.Equal : Relation.Unordered)) != 0;
    });

    public static LaneTest Whole(Relation wanted, int bytes, bool signed) => (bytes, signed) switch
    {
        (4, true) => Of<Signed32>(wanted),
        (4, false) => Of<Unsigned32>(wanted),
        (8, true) => Of<Signed64>(wanted),
        (8, false) => Of<Unsigned64>(wanted),
        (_, true) => Each((x, y) => (wanted & Sign(Signed(x, bytes).CompareTo(Signed(y, bytes)))) != 0),
        (_, false) => Each((x, y) => (wanted & Sign(Unsigned(x, bytes).CompareTo(Unsigned(y, bytes)))) != 0),
    };

    public static LaneTest Single(Relation wanted) => Of<SingleOrder>(wanted);

    public static LaneTest Each(Func<ulong, ulong, bool> test) => (a, b) =>
    {
        var result = 0u;
        for (var lane = 0; lane < 32; lane++)
            result |= test(a[lane], b[lane]) ? 1u << lane : 0;
        return result;
    };

    private static Relation Sign(int sign) => sign < 0 ? Relation.Less : sign > 0 ? Relation.Greater : Relation.Equal;

    private static LaneTest Of<TOrder>(Relation wanted)
        where TOrder : struct, IOrder => (a, b) =>
    {
        uint less = 0, equal = 0, greater = 0;
        for (var lane = 0; lane < 32; lane += Width)
        {
            var (x, y) = (Load(a, lane), Load(b, lane));
            less |= TOrder.Less(x, y) << lane;
            equal |= TOrder.Equal(x, y) << lane;
            greater |= TOrder.Less(y, x) << lane;
        }
        var result = (wanted & Relation.Unordered) != 0 ? ~(less | equal | greater) : 0;
        result |= (wanted & Relation.Less) != 0 ? less : 0;
        result |= (wanted & Relation.Equal) != 0 ? equal : 0;
        return result | ((wanted & Relation.Greater) != 0 ? greater : 0);
    };

    /// <summary>An order of eight lanes, one bit each.</summary>
    private interface IOrder
    {
        static abstract uint Less(Lanes a, Lanes b);

        static abstract uint Equal(Lanes a, Lanes b);
    }

    private readonly struct Signed32 : IOrder
    {
        public static uint Less(Lanes a, Lanes b) => Vector512.LessThan((a << 32).AsInt64(), (b << 32).AsInt64()).Bits();

        public static uint Equal(Lanes a, Lanes b) => Vector512.Equals(a << 32, b << 32).Bits();
    }

    private readonly struct Unsigned32 : IOrder
    {
        public static uint Less(Lanes a, Lanes b) => Vector512.LessThan(a << 32, b << 32).Bits();

        public static uint Equal(Lanes a, Lanes b) => Vector512.Equals(a << 32, b << 32).Bits();
    }

    private readonly struct Signed64 : IOrder
    {
        public static uint Less(Lanes a, Lanes b) => Vector512.LessThan(a.AsInt64(), b.AsInt64()).Bits();

        public static uint Equal(Lanes a, Lanes b) => Vector512.Equals(a, b).Bits();
    }

    private readonly struct Unsigned64 : IOrder
    {
        public static uint Less(Lanes a, Lanes b) => Vector512.LessThan(a, b).Bits();

        public static uint Equal(Lanes a, Lanes b) => Vector512.Equals(a, b).Bits();
    }

    // The number is in the lower half; shifts move the result to the upper half's sign.
    private readonly struct SingleOrder : IOrder
    {
        public static uint Less(Lanes a, Lanes b) => (Vector512.LessThan(a.AsSingle(), b.AsSingle()).AsUInt64() << 32).Bits();

        public static uint Equal(Lanes a, Lanes b) => (Vector512.Equals(a.AsSingle(), b.AsSingle()).AsUInt64() << 32).Bits();
    }

    private static uint Bits<T>(this Vector512<T> mask)
        where T : INumber<T> => (uint)mask.ExtractMostSignificantBits();
}
