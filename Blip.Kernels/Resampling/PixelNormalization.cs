using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// Makes bytes the model's input: rescales, normalizes, and separates the colours, <c>[height, width, 3]</c> to <c>[3, height, width]</c>.
/// </summary>
/// <remarks>
/// Each channel has a table of 256 values, made once in the reference's order of roundings, so every device gives the same bits.
/// </remarks>
public static class PixelNormalization
{
    /// <summary>Entries of a table: 256 per channel.</summary>
    public const int TableLength = 3 * 256;

    /// <summary>The table of <c>float32((float32(v · factor) − mean) / std)</c>, the product in double; unused steps are omitted.</summary>
    /// <param name="rescaleFactor">Usually 1/255; null: none.</param>
    /// <param name="mean">Each channel's mean; empty: no normalization.</param>
    /// <param name="std">Each channel's standard deviation, not 0; as many as means.</param>
    /// <returns>[3, 256].</returns>
    public static float[] Table(double? rescaleFactor, ReadOnlySpan<float> mean, ReadOnlySpan<float> std)
    {
        if (mean.Length is not (0 or 3) || std.Length != mean.Length)
            throw new ArgumentException(
                $"{mean.Length} means and {std.Length} standard deviations are given; an image of three colours needs three of each.",
                nameof(mean));
        var table = new float[TableLength];
        for (var i = 0; i < table.Length; i++)
        {
            var (channel, value) = (i / 256, i % 256);
            var rescaled = (float)(rescaleFactor is { } factor ? value * factor : value);
            table[i] = mean.IsEmpty ? rescaled : (rescaled - mean[channel]) / std[channel];
        }
        return table;
    }

    /// <summary>Looks up every byte.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="pixels">[height, width, 3].</param>
    /// <param name="table">[3, 256].</param>
    /// <param name="output">[3, height, width].</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <exception cref="ArgumentException">A view is too short.</exception>
    public static void Run(Device device, ArrayView<byte> pixels, ArrayView<float> table, ArrayView<float> output, int width, int height)
    {
        ShapeCheck.AtLeast(width, 1, nameof(width));
        ShapeCheck.AtLeast(height, 1, nameof(height));
        ShapeCheck.Within(3L * width * height, 3, int.MaxValue - 1, "bytes of the image");
        ShapeCheck.Holds(pixels, 3L * width * height, nameof(pixels), "[height, width, 3]");
        ShapeCheck.Holds(table, TableLength, nameof(table), "[3, 256]");
        ShapeCheck.Holds(output, 3L * width * height, nameof(output), "[3, height, width]");
        if (!device.RunsPortable)
            device.Launch(new LookUp(pixels, table, output, width, height));
        else
            device.Launch(new KernelConfig(height, device.GroupSize), new Kernel(pixels, table, output, width, height));
    }

    [Kernel]
    internal readonly struct Kernel(ArrayView<byte> pixels, ArrayView<float> table, ArrayView<float> output, int width, int height)
        : IDeviceKernel
    {
        public void Run()
        {
            var row = Grid.IdxX * width;
            for (var x = Group.IdxX; x < width; x += Group.DimX)
            {
                for (var channel = 0; channel < 3; channel++)
                    output[(channel * width * height) + row + x] = table[(256 * channel) + pixels[(3 * (row + x)) + channel]];
            }
        }
    }

    internal readonly unsafe struct LookUp(ArrayView<byte> pixels, ArrayView<float> table, ArrayView<float> output, int width, int height)
        : ICpuOperator
    {
        private readonly byte* pixels = Cpu.Pointer(pixels);
        private readonly float* table = Cpu.Pointer(table);
        private readonly float* output = Cpu.Pointer(output);
        private readonly int width = width;
        private readonly int height = height;

        public int Tasks => height;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int task)
        {
            byte* from = pixels;
            float* lookUp = table, to = output;
            from += 3L * task * width;
            to += (long)task * width;
            var plane = (long)width * height;
            for (var x = 0; x < width; x++, from += 3, to++)
            {
                to[0] = lookUp[from[0]];
                to[plane] = lookUp[256 + from[1]];
                to[2 * plane] = lookUp[512 + from[2]];
            }
        }
    }
}
