namespace Blip.Runtime.Imaging.Formats;

/// <summary>Makes an upright image of decoded pixels.</summary>
internal static class UprightImage
{
    /// <summary>
    /// Drops the opacity of RGBA pixels <c>[height, width, 4]</c>, as in Pillow's <c>convert("RGB")</c>, or blends them over a colour.
    /// Then turns and mirrors them by the orientation (Exif 2.3, tag 0x0112). The array may be longer.
    /// </summary>
    public static RgbImage Of(ReadOnlySpan<byte> rgba, int width, int height, int orientation, RgbColor? background)
    {
        var last = (width * height) - 1;
        var (start, right, down) = orientation switch
        {
            2 => (width - 1, -1, width),
            3 => (last, -1, -width),
            4 => (last - width + 1, 1, -width),
            5 => (0, width, 1),
            6 => (last - width + 1, -width, 1),
            7 => (last, -width, -1),
            8 => (width - 1, width, -1),
            _ => (0, 1, width),
        };
        if (orientation is >= 5 and <= 8)
            (width, height) = (height, width);
        var rgb = GC.AllocateUninitializedArray<byte>(3 * width * height);
        for (int y = 0, to = 0; y < height; y++)
        {
            for (int x = 0, from = 4 * (start + (y * down)); x < width; x++, from += 4 * right, to += 3)
                (rgb[to], rgb[to + 1], rgb[to + 2]) = (rgba[from], rgba[from + 1], rgba[from + 2]);
        }
        if (background is { } color)
            LayOver(rgb, rgba, color, start, right, down, width);
        return new RgbImage(width, height, rgb);
    }

    /// <summary>The rounded product of two bytes over 255: Pillow's MULDIV255.</summary>
    public static int Scaled(int value, int share) => Rounded(value * share);

    // Pillow's paste with a mask.
    private static void LayOver(byte[] rgb, ReadOnlySpan<byte> rgba, RgbColor color, int start, int right, int down, int width)
    {
        for (var i = 0; i < rgb.Length / 3; i++)
        {
            var opacity = rgba[(4 * (start + (i / width * down) + (i % width * right))) + 3];
            var pixel = rgb.AsSpan(3 * i, 3);
            pixel[0] = (byte)Rounded((pixel[0] * opacity) + (color.Red * (255 - opacity)));
            pixel[1] = (byte)Rounded((pixel[1] * opacity) + (color.Green * (255 - opacity)));
            pixel[2] = (byte)Rounded((pixel[2] * opacity) + (color.Blue * (255 - opacity)));
        }
    }

    private static int Rounded(int value) => (value + 128 + ((value + 128) >> 8)) >> 8;
}
