using Blip.Runtime.Imaging;

namespace Blip.Training.Augmentation;

/// <summary>
/// Affine maps as OpenCV's warpAffine computes them since 4.11: bilinear, in single precision, gray beyond the source, the size kept.
/// </summary>
internal static class ImageWarp
{
    private const byte Fill = 128;

    /// <summary>Rotates an image about its centre; a positive angle turns counter-clockwise.</summary>
    public static RgbImage Rotate(RgbImage image, double degrees)
    {
        var (sin, cos) = Math.SinCos(degrees * (Math.PI / 180));
        var (x, y) = (image.Width / 2.0, image.Height / 2.0);
        return Apply(image, [cos, sin, ((1 - cos) * x) - (sin * y), -sin, cos, (sin * x) + ((1 - cos) * y)]);
    }

    /// <summary>Moves each row to the right by its distance from the top times the factor.</summary>
    public static RgbImage ShearX(RgbImage image, double factor) => Apply(image, [1, factor, 0, 0, 1, 0]);

    /// <summary>Moves each column down by its distance from the left times the factor.</summary>
    public static RgbImage ShearY(RgbImage image, double factor) => Apply(image, [1, 0, 0, factor, 1, 0]);

    /// <summary>Moves an image to the left.</summary>
    public static RgbImage TranslateX(RgbImage image, double offset) => Apply(image, [1, 0, -offset, 0, 1, 0]);

    /// <summary>Moves an image up.</summary>
    public static RgbImage TranslateY(RgbImage image, double offset) => Apply(image, [1, 0, 0, 0, 1, -offset]);

    // The map leads from source to target. It is rounded to single precision, as the authors pass it.
    private static RgbImage Apply(RgbImage image, ReadOnlySpan<double> map)
    {
        Span<float> back = stackalloc float[6];
        Invert(map, back);
        var pixels = new byte[image.Pixels.Length];
        for (var y = 0; y < image.Height; y++)
        {
            var (fromX, fromY) = (MathF.FusedMultiplyAdd(back[1], y, back[2]), MathF.FusedMultiplyAdd(back[4], y, back[5]));
            for (var x = 0; x < image.Width; x++)
            {
                var sourceX = MathF.FusedMultiplyAdd(back[0], x, fromX);
                var sourceY = MathF.FusedMultiplyAdd(back[3], x, fromY);
                Sample(image, sourceX, sourceY, pixels.AsSpan(3 * ((y * image.Width) + x), 3));
            }
        }
        return new RgbImage(image.Width, image.Height, pixels);
    }

    private static void Invert(ReadOnlySpan<double> map, Span<float> back)
    {
        var (a, b, c) = ((double)(float)map[0], (double)(float)map[1], (double)(float)map[2]);
        var (d, e, f) = ((double)(float)map[3], (double)(float)map[4], (double)(float)map[5]);
        var determinant = 1 / ((a * e) - (b * d));
        (a, b, d, e) = (e * determinant, b * -determinant, d * -determinant, a * determinant);
        (back[0], back[1], back[2]) = ((float)a, (float)b, (float)((-a * c) - (b * f)));
        (back[3], back[4], back[5]) = ((float)d, (float)e, (float)((-d * c) - (e * f)));
    }

    private static void Sample(RgbImage image, float x, float y, Span<byte> target)
    {
        var (column, row) = ((int)MathF.Floor(x), (int)MathF.Floor(y));
        var (right, down) = (x - column, y - row);
        for (var channel = 0; channel < 3; channel++)
        {
            var above = Between(At(image, column, row, channel), At(image, column + 1, row, channel), right);
            var below = Between(At(image, column, row + 1, channel), At(image, column + 1, row + 1, channel), right);
            target[channel] = (byte)MathF.Round(Between(above, below, down));
        }
    }

    private static float Between(float from, float to, float share) => MathF.FusedMultiplyAdd(share, to - from, from);

    private static float At(RgbImage image, int x, int y, int channel) =>
        (uint)x < (uint)image.Width && (uint)y < (uint)image.Height ? image.Pixels[(3 * ((y * image.Width) + x)) + channel] : Fill;
}
