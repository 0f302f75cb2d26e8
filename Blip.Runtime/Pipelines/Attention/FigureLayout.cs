using SkiaSharp;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Where the parts of a figure lie: the label above the image, the colour bar and its numbers on the right. None covers another.
/// </summary>
/// <param name="Font">The font's size, in pixels; all distances hang on it.</param>
/// <param name="Label">The line above the image, as wide as the figure.</param>
/// <param name="Image">The image's pixels.</param>
/// <param name="Bar">The colour bar, as high as the image; null where there is none.</param>
/// <param name="Size">Of all of it, without a margin.</param>
internal readonly record struct FigureLayout(float Font, SKRectI Label, SKRectI Image, SKRectI? Bar, SKSizeI Size)
{
    // A bar has room for three numbers, however low the image is.
    private const float LeastBar = 4;

    /// <summary>Free pixels between two parts.</summary>
    public static int Gap(float font) => (int)MathF.Ceiling(font / 2);

    /// <summary>Places the parts around an image.</summary>
    /// <param name="width">The image's columns.</param>
    /// <param name="height">The image's rows.</param>
    /// <param name="font">The font's size, in pixels.</param>
    /// <param name="numbers">Width of the widest number beside the colour bar; null for no bar.</param>
    public static FigureLayout Of(int width, int height, float font, float? numbers)
    {
        var top = (int)MathF.Ceiling(1.5f * font);
        var image = SKRectI.Create(0, top, width, height);
        if (numbers is not { } room)
            return new FigureLayout(font, SKRectI.Create(0, 0, width, top), image, null, new SKSizeI(width, image.Bottom));
        var bar = BarAt(image.Right + Gap(font), top, height, font);
        var right = bar.Right + (Gap(font) / 2) + (int)MathF.Ceiling(room);
        return new FigureLayout(font, SKRectI.Create(0, 0, right, top), image, bar, new SKSizeI(right, Math.Max(image.Bottom, bar.Bottom)));
    }

    /// <summary>A colour bar beside an image.</summary>
    public static SKRectI BarAt(int left, int top, int imageHeight, float font) =>
        SKRectI.Create(left, top, Gap(font), Math.Max(imageHeight, (int)MathF.Ceiling(LeastBar * font)));
}
