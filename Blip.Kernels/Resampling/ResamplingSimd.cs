using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

internal static unsafe class ResamplingSimd
{
    /// <summary>Along columns: a pixel is a vector, and four rows share each weight.</summary>
    internal readonly struct Columns(
        ArrayView<byte> source, ArrayView<int> table, ArrayView<byte> target, int rows, int sourceWidth, int targetWidth, int taps)
        : ICpuOperator
    {
        private const int RowsPerTask = 4;

        private readonly byte* source = Cpu.Pointer(source);
        private readonly int* table = Cpu.Pointer(table);
        private readonly byte* target = Cpu.Pointer(target);
        private readonly int rows = rows;
        private readonly int sourceWidth = sourceWidth;
        private readonly int targetWidth = targetWidth;
        private readonly int taps = taps;

        public int Tasks => (rows + RowsPerTask - 1) / RowsPerTask;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int task)
        {
            var row = task * RowsPerTask;
            // The last task repeats the last row.
            var (row1, row2, row3) = (Math.Min(row + 1, rows - 1), Math.Min(row + 2, rows - 1), Math.Min(row + 3, rows - 1));
            var stride = 3L * sourceWidth;
            byte* from = source, to = target;
            byte* from0 = from + (row * stride), from1 = from + (row1 * stride), from2 = from + (row2 * stride),
                from3 = from + (row3 * stride);
            stride = 3L * targetWidth;
            byte* to0 = to + (row * stride), to1 = to + (row1 * stride), to2 = to + (row2 * stride), to3 = to + (row3 * stride);
            int* entry = table;
            for (var x = 0; x < targetWidth; x++, entry += taps + ResamplingTable.Header)
            {
                long at = 3L * entry[0];
                var count = entry[1];
                Vector128<int> sum0 = Vector128.Create(ResamplingTable.Half), sum1 = sum0, sum2 = sum0, sum3 = sum0;
                for (var k = 0; k < count; k++, at += 3)
                {
                    var weight = Vector128.Create(entry[ResamplingTable.Header + k]);
                    sum0 += Pixel(from0 + at) * weight;
                    sum1 += Pixel(from1 + at) * weight;
                    sum2 += Pixel(from2 + at) * weight;
                    sum3 += Pixel(from3 + at) * weight;
                }
                Store(sum0, to0 + (3 * x));
                Store(sum1, to1 + (3 * x));
                Store(sum2, to2 + (3 * x));
                Store(sum3, to3 + (3 * x));
            }
        }

        // Four bytes, the last from the next pixel: buffers may be read past their end.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<int> Pixel(byte* at) =>
            Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<int>(at)).AsByte())).AsInt32();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(Vector128<int> sum, byte* at)
        {
            var value = Clip(sum);
            at[0] = (byte)value.GetElement(0);
            at[1] = (byte)value.GetElement(1);
            at[2] = (byte)value.GetElement(2);
        }
    }

    /// <summary>Along rows: sixteen bytes are four vectors.</summary>
    internal readonly struct Rows(ArrayView<byte> source, ArrayView<int> table, ArrayView<byte> target, int rows, int rowBytes, int taps)
        : ICpuOperator
    {
        private readonly byte* source = Cpu.Pointer(source);
        private readonly int* table = Cpu.Pointer(table);
        private readonly byte* target = Cpu.Pointer(target);
        private readonly int rowBytes = rowBytes;
        private readonly int taps = taps;

        public int Tasks { get; } = rows;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int task)
        {
            int* entry = table;
            entry += (long)task * (taps + ResamplingTable.Header);
            byte* from = source, to = target;
            from += (long)entry[0] * rowBytes;
            to += (long)task * rowBytes;
            var count = entry[1];
            var weights = entry + ResamplingTable.Header;
            var i = 0;
            for (; i <= rowBytes - Vector128<byte>.Count; i += Vector128<byte>.Count)
            {
                Vector128<int> sum0 = Vector128.Create(ResamplingTable.Half), sum1 = sum0, sum2 = sum0, sum3 = sum0;
                var at = from + i;
                for (var k = 0; k < count; k++, at += rowBytes)
                {
                    var weight = Vector128.Create(weights[k]);
                    (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.Load(at));
                    sum0 += Vector128.WidenLower(low).AsInt32() * weight;
                    sum1 += Vector128.WidenUpper(low).AsInt32() * weight;
                    sum2 += Vector128.WidenLower(high).AsInt32() * weight;
                    sum3 += Vector128.WidenUpper(high).AsInt32() * weight;
                }
                Vector128.Narrow(Vector128.Narrow(Clip(sum0), Clip(sum1)).AsUInt16(), Vector128.Narrow(Clip(sum2), Clip(sum3)).AsUInt16())
                    .Store(to + i);
            }
            for (; i < rowBytes; i++)
            {
                var sum = ResamplingTable.Half;
                for (var k = 0; k < count; k++)
                    sum += from[((long)k * rowBytes) + i] * weights[k];
                to[i] = (byte)Math.Clamp(sum >> ResamplingTable.PrecisionBits, 0, 255);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Clip(Vector128<int> sum) =>
        Vector128.Clamp(Vector128.ShiftRightArithmetic(sum, ResamplingTable.PrecisionBits), Vector128<int>.Zero, Vector128.Create(255));
}
