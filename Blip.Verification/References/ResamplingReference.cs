using Blip.Kernels;

namespace Blip.Verification.References;

/// <summary>Plain loops, in the integers that define the result and in double.</summary>
public static class ResamplingReference
{
    /// <summary>Resizes <c>[height, width, 3]</c> to <c>[targetHeight, targetWidth, 3]</c>. Every variant gives these bytes.</summary>
    public static byte[] Resize(
        ReadOnlySpan<byte> source, int width, int height, int targetWidth, int targetHeight, ResamplingFilter filter)
    {
        var (columns, rows) = (ResamplingTable.Create(width, targetWidth, filter), ResamplingTable.Create(height, targetHeight, filter));
        return Resampling.RowsFirst(width, height, targetWidth, targetHeight)
            ? Columns(Rows(source, width, rows), targetHeight, columns)
            : Rows(Columns(source, height, columns), targetWidth, rows);
    }

    /// <summary>The unrounded bicubic result, clipped to 0 to 255 between passes. The bytes lie within 2 of it.</summary>
    public static double[] ResizeBicubic(ReadOnlySpan<byte> source, int width, int height, int targetWidth, int targetHeight)
    {
        var rowsFirst = Resampling.RowsFirst(width, height, targetWidth, targetHeight);
        var pixels = new double[source.Length];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = source[i];
        pixels = rowsFirst ? Rows(pixels, width, height, targetHeight) : Columns(pixels, height, width, targetWidth);
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = Math.Clamp(pixels[i], 0, 255);
        return rowsFirst ? Columns(pixels, targetHeight, width, targetWidth) : Rows(pixels, targetWidth, height, targetHeight);
    }

    private static byte[] Columns(ReadOnlySpan<byte> source, int height, ResamplingTable table)
    {
        var target = new byte[3 * table.Target * height];
        for (var i = 0; i < target.Length; i++)
            target[i] = Sum(source[(3 * table.Source * (i / (3 * table.Target)))..], table, i / 3 % table.Target, step: 3, i % 3);
        return target;
    }

    private static byte[] Rows(ReadOnlySpan<byte> source, int width, ResamplingTable table)
    {
        var target = new byte[3 * width * table.Target];
        for (var i = 0; i < target.Length; i++)
            target[i] = Sum(source, table, i / (3 * width), step: 3 * width, i % (3 * width));
        return target;
    }

    private static double[] Columns(double[] source, int height, int length, int target)
    {
        var result = new double[3 * target * height];
        for (var i = 0; i < result.Length; i++)
            result[i] = Bicubic(source.AsSpan(3 * length * (i / (3 * target))), length, target, i / 3 % target, step: 3, i % 3);
        return result;
    }

    private static double[] Rows(double[] source, int width, int length, int target)
    {
        var result = new double[3 * width * target];
        for (var i = 0; i < result.Length; i++)
            result[i] = Bicubic(source, length, target, i / (3 * width), step: 3 * width, i % (3 * width));
        return result;
    }

    private static byte Sum(ReadOnlySpan<byte> source, ResamplingTable table, int index, int step, int offset)
    {
        var row = table.Data.AsSpan(index * (table.Taps + ResamplingTable.Header), table.Taps + ResamplingTable.Header);
        var sum = ResamplingTable.Half;
        for (var k = 0; k < row[1]; k++)
            sum += source[((row[0] + k) * step) + offset] * row[ResamplingTable.Header + k];
        return (byte)Math.Clamp(sum >> ResamplingTable.PrecisionBits, 0, 255);
    }

    // Keys' kernel (a = -0.5) over the pixels whose centre it covers, stretched by the scale where the image shrinks.
    private static double Bicubic(ReadOnlySpan<double> source, int length, int target, int index, int step, int offset)
    {
        var scale = (double)length / target;
        var (stretch, center) = (Math.Max(scale, 1), (index + 0.5) * scale);
        var (sum, weights) = (0.0, 0.0);
        for (var i = 0; i < length; i++)
        {
            var x = Math.Abs((i + 0.5 - center) / stretch);
            var weight = x < 1 ? (1.5 * x * x * x) - (2.5 * x * x) + 1 : x < 2 ? (-0.5 * x * x * x) + (2.5 * x * x) - (4 * x) + 2 : 0;
            sum += weight * source[(i * step) + offset];
            weights += weight;
        }
        return sum / weights;
    }
}
