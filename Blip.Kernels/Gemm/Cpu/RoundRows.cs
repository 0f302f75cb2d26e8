using System.Runtime.Intrinsics;
using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>Rounds rows to 0 to 255 for <see cref="GemmDot{TTiles}"/>, each with a scale and a zero point.</summary>
internal readonly unsafe struct QuantiseRowsToBytes(
    Device device, float* x, int rows, int length, byte* to, long stride, float* scales, int* zeros) : ICpuOperator
{
    private readonly RowTasks tasks = new(device, rows);

    public int Tasks => tasks.Tasks;

    public void Run(int task)
    {
        for (var row = tasks.First(task); row < tasks.End(task); row++)
        {
            var from = x + ((long)row * length);
            (scales[row], var inverse, zeros[row]) = Int8Quantisation.Range(from, length);
            var bytes = to + (row * stride);
            Int8Quantisation.Round(from, length, inverse, zeros[row], bytes);
            new Span<byte>(bytes + length, (int)(stride - length)).Clear();
        }
    }
}

/// <summary>Rounds rows to bfloat16 for <see cref="GemmDot{TTiles}"/>.</summary>
internal readonly unsafe struct RoundRowsToBFloat16(Device device, float* x, int rows, int length, byte* to, long stride) : ICpuOperator
{
    private readonly RowTasks tasks = new(device, rows);

    public int Tasks => tasks.Tasks;

    public void Run(int task)
    {
        for (var row = tasks.First(task); row < tasks.End(task); row++)
        {
            var from = x + ((long)row * length);
            var rounded = (ushort*)(to + (row * stride));
            var i = 0;
            for (; i + Vector256<ushort>.Count <= length; i += Vector256<ushort>.Count)
                Vector256.Narrow(Bits(from + i), Bits(from + i + Vector256<uint>.Count)).Store(rounded + i);
            for (; i < length; i++)
                rounded[i] = SixteenBits.ToBFloat16(from[i]);
            new Span<ushort>(rounded + length, (int)(stride / sizeof(ushort)) - length).Clear();
        }
    }

    private static Vector256<uint> Bits(float* from) => WeightPacking.ToBFloat16(Vector256.Load((uint*)from));
}
