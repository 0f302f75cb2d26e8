using System.Diagnostics;
using System.Runtime.Intrinsics;

namespace Blip.Emulation.Instructions;

/// <summary>Reads each lane's element at an index from the lowest bits, exactly.</summary>
internal delegate void Widen(ReadOnlySpan<ulong> register, int element, Span<float> values);

/// <summary>Matrix elements in single precision, which every format here fits.</summary>
internal static class Widening
{
    public static Widen Of(string type) => type switch
    {
        "f16" => (register, element, values) => Each<HalfElement>(register, 16 * element, values),
        "bf16" => (register, element, values) => Each<BFloat16Element>(register, 16 * element, values),
        "tf32" => (register, element, values) => Each<TensorFloat32Element>(register, 32 * element, values),
        "s8" => (register, element, values) => Each<SignedElement>(register, 8 * element, values),
        "u8" => (register, element, values) => Each<UnsignedElement>(register, 8 * element, values),
        _ => throw new UnreachableException($"Nothing multiplies {type}."),
    };

    private static void Each<TElement>(ReadOnlySpan<ulong> register, int shift, Span<float> values)
        where TElement : struct, IElement
    {
        for (var lane = 0; lane < 32; lane += 16)
        {
            var bits = Vector512.Narrow(Vector512.Create(register[lane..]), Vector512.Create(register[(lane + 8)..]));
            TElement.Read(bits >>> shift).CopyTo(values[lane..]);
        }
    }

    private interface IElement
    {
        /// <summary>The element in the lowest bits; higher bits are arbitrary.</summary>
        static abstract Vector512<float> Read(Vector512<uint> bits);
    }

    private readonly struct HalfElement : IElement
    {
        public static Vector512<float> Read(Vector512<uint> bits)
        {
            var sign = (bits & Vector512.Create(0x8000u)) << 16;
            var magnitude = bits & Vector512.Create(0x7FFFu);
            // A factor of 2^112 turns the exponent's offset of 15 into 127, exact for subnormals too. Infinity and NaN get the largest
            // exponent.
            var finite = (magnitude << 13).AsSingle() * Vector512.Create(5.192296858534828e33f);
            var infinite = (magnitude << 13) | Vector512.Create(0x7F800000u);
            var isInfinite = Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(0x7C00u));
            return (Vector512.ConditionalSelect(isInfinite, infinite, finite.AsUInt32()) | sign).AsSingle();
        }
    }

    private readonly struct BFloat16Element : IElement
    {
        public static Vector512<float> Read(Vector512<uint> bits) => (bits << 16).AsSingle();
    }

    // The lower 13 bits are ignored.
    private readonly struct TensorFloat32Element : IElement
    {
        public static Vector512<float> Read(Vector512<uint> bits) => (bits & Vector512.Create(0xFFFFE000u)).AsSingle();
    }

    private readonly struct SignedElement : IElement
    {
        public static Vector512<float> Read(Vector512<uint> bits) => Vector512.ConvertToSingle((bits << 24).AsInt32() >> 24);
    }

    private readonly struct UnsignedElement : IElement
    {
        public static Vector512<float> Read(Vector512<uint> bits) => Vector512.ConvertToSingle((bits & Vector512.Create(0xFFu)).AsInt32());
    }
}
