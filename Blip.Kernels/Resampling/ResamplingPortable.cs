using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

internal static class ResamplingPortable
{
    /// <summary>Grid: a group per row of the image.</summary>
    [Kernel]
    public readonly struct Columns(
        ArrayView<byte> source, ArrayView<int> table, ArrayView<byte> target, int sourceWidth, int targetWidth, int taps) : IDeviceKernel
    {
        public void Run()
        {
            var sourceRow = 3 * Grid.IdxX * sourceWidth;
            var targetRow = 3 * Grid.IdxX * targetWidth;
            for (var x = Group.IdxX; x < targetWidth; x += Group.DimX)
            {
                var entry = x * (taps + ResamplingTable.Header);
                var from = sourceRow + (3 * table[entry]);
                var count = table[entry + 1];
                var red = ResamplingTable.Half;
                var green = ResamplingTable.Half;
                var blue = ResamplingTable.Half;
                for (var k = 0; k < count; k++)
                {
                    var weight = table[entry + ResamplingTable.Header + k];
                    red += source[from + (3 * k)] * weight;
                    green += source[from + (3 * k) + 1] * weight;
                    blue += source[from + (3 * k) + 2] * weight;
                }
                target[targetRow + (3 * x)] = Clip(red);
                target[targetRow + (3 * x) + 1] = Clip(green);
                target[targetRow + (3 * x) + 2] = Clip(blue);
            }
        }
    }

    /// <summary>Grid: a group per row of the result.</summary>
    [Kernel]
    public readonly struct Rows(ArrayView<byte> source, ArrayView<int> table, ArrayView<byte> target, int rowBytes, int taps)
        : IDeviceKernel
    {
        public void Run()
        {
            var entry = Grid.IdxX * (taps + ResamplingTable.Header);
            var from = table[entry] * rowBytes;
            var count = table[entry + 1];
            for (var i = Group.IdxX; i < rowBytes; i += Group.DimX)
            {
                var sum = ResamplingTable.Half;
                for (var k = 0; k < count; k++)
                    sum += source[from + (k * rowBytes) + i] * table[entry + ResamplingTable.Header + k];
                target[(Grid.IdxX * rowBytes) + i] = Clip(sum);
            }
        }
    }

    private static byte Clip(int sum) => (byte)IntrinsicMath.Clamp(sum >> ResamplingTable.PrecisionBits, 0, 255);
}
