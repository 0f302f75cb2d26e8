using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>
/// Rounds rows for <see cref="GemmSimdInt8{TVector, TPairs, TSums}"/>, each on its own scale: to 15 bits and a sign, or to
/// 8-bit steps without zero point.
/// </summary>
internal readonly unsafe struct QuantiseRows(
    Device device, float* x, int rows, int length, short* to, int stride, float* scales, bool toBytes) : ICpuOperator
{
    private readonly RowTasks tasks = new(device, rows);

    public int Tasks => tasks.Tasks;

    public void Run(int task)
    {
        for (var row = tasks.First(task); row < tasks.End(task); row++)
        {
            var from = x + ((long)row * length);
            float inverse;
            if (toBytes)
                (scales[row], inverse, _) = Int8Quantisation.Range(from, length);
            else
                (scales[row], inverse) = Int8Quantisation.Scale(from, length, Int8Quantisation.InputLimit);
            Int8Quantisation.Round(from, length, inverse, to + ((long)row * stride));
        }
    }
}
