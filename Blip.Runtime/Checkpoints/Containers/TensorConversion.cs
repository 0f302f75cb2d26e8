using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// Converts stored elements (little-endian, any alignment) to float32. The loops run once in a process and are optimised at their first
/// run.
/// </summary>
internal static class TensorConversion
{
    private static readonly float[] E4m3 = [.. Enumerable.Range(0, 256).Select(value => FromE4M3((byte)value))];

    // E5M2 is the upper half of half precision.
    private static readonly float[] E5m2 =
        [.. Enumerable.Range(0, 256).Select(value => (float)BitConverter.UInt16BitsToHalf((ushort)(value << 8)))];

    public static void ToFloat32(DType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case DType.Float32: source[..(destination.Length * 4)].CopyTo(MemoryMarshal.AsBytes(destination)); break;
            case DType.Float16: FromFloat16(MemoryMarshal.Cast<byte, ushort>(source), destination); break;
            case DType.BFloat16: FromBFloat16(MemoryMarshal.Cast<byte, ushort>(source), destination); break;
            case DType.Float64: FromFloat64(MemoryMarshal.Cast<byte, double>(source), destination); break;
            case DType.Int64 or DType.Int32 or DType.Int16 or DType.Int8:
            case DType.UInt64 or DType.UInt32 or DType.UInt16 or DType.UInt8 or DType.Bool:
                var bytes = type.Bytes();
                for (var i = 0; i < destination.Length; i++)
                    destination[i] = FromInteger(type, source[(i * bytes)..]);
                break;
            case DType.Float8E4M3 or DType.Float8E5M2:
                var values = type == DType.Float8E4M3 ? E4m3 : E5m2;
                for (var i = 0; i < destination.Length; i++)
                    destination[i] = values[source[i]];
                break;
            default:
                throw new UnreachableException($"Nothing reads elements of {type}.");
        }
    }

    // In E4M3 the largest code of each sign is NaN, and nothing is infinite.
    private static float FromE4M3(byte value)
    {
        const int Bias = 7, Fraction = 3;
        var (exponent, significand) = (value >> Fraction & 15, value & 7);
        var magnitude = (exponent, significand) switch
        {
            (15, 7) => float.NaN,
            (0, _) => MathF.ScaleB(significand, 1 - Bias - Fraction),
            _ => MathF.ScaleB(8 + significand, exponent - Bias - Fraction),
        };
        return (value & 0x80) == 0 ? magnitude : -magnitude;
    }

    private static float FromInteger(DType type, ReadOnlySpan<byte> element) => type switch
    {
        DType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(element),
        DType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(element),
        DType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(element),
        DType.Int8 => (sbyte)element[0],
        DType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(element),
        DType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(element),
        DType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(element),
        DType.Bool => element[0] == 0 ? 0 : 1,
        DType.UInt8 => element[0],
        _ => throw new UnreachableException($"{type} is not a type of whole numbers."),
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FromFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        var i = 0;
        for (; i <= destination.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out var low, out var high);
            Widen(low).CopyTo(destination[i..]);
            Widen(high).CopyTo(destination[(i + Vector<float>.Count)..]);
        }
        for (; i < destination.Length; i++)
            destination[i] = (float)BitConverter.UInt16BitsToHalf(source[i]);

        // The fields move to their places in a float32. The product with 2^112 corrects the exponent's bias and normalises subnormals.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector<float> Widen(Vector<uint> half)
        {
            var magnitude = (half & new Vector<uint>(0x7FFF)) << 13;
            var special = Vector.GreaterThanOrEqual(magnitude, new Vector<uint>(0x7C00 << 13));
            var scaled = (magnitude.As<uint, float>() * new Vector<float>(BitConverter.UInt32BitsToSingle(0x77800000))).As<float, uint>();
            var sign = (half & new Vector<uint>(0x8000)) << 16;
            return (scaled | (special & new Vector<uint>(0x7F800000)) | sign).As<uint, float>();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FromBFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        var i = 0;
        for (; i <= destination.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out var low, out var high);
            (low << 16).As<uint, float>().CopyTo(destination[i..]);
            (high << 16).As<uint, float>().CopyTo(destination[(i + Vector<float>.Count)..]);
        }
        for (; i < destination.Length; i++)
            destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FromFloat64(ReadOnlySpan<double> source, Span<float> destination)
    {
        var i = 0;
        for (; i <= destination.Length - Vector<float>.Count; i += Vector<float>.Count)
            Vector.Narrow(new Vector<double>(source[i..]), new Vector<double>(source[(i + Vector<double>.Count)..]))
                .CopyTo(destination[i..]);
        for (; i < destination.Length; i++)
            destination[i] = (float)source[i];
    }
}
