namespace Blip.Runtime.Imaging;

/// <summary>A decoded, upright image: red, green and blue (sRGB) with 8 bits each, <c>[height, width, 3]</c> row-major.</summary>
public sealed class RgbImage
{
    internal const int BytesPerPixel = 3;

    /// <summary>Wraps pixels without copying the array.</summary>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="pixels">Red, green and blue of each pixel, by rows from the top left.</param>
    /// <exception cref="ArgumentException">The number of bytes is not 3·width·height.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentNullException.ThrowIfNull(pixels);
        if (pixels.LongLength != 3L * width * height)
            throw new ArgumentException(
                $"{pixels.Length} bytes are not the pixels of an image of {width}×{height}: {3L * width * height} are expected.",
                nameof(pixels));
        (Width, Height, Pixels) = (width, height, pixels);
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Red, green and blue of each pixel, <c>[height, width, 3]</c>.</summary>
    public byte[] Pixels { get; }
}
