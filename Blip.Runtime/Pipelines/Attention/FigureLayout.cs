using SkiaSharp;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Places of a figure's parts, in pixels: the label above the image, the colour bar with its numbers on the right. They do not overlap.
/// <paramref name="Size"/> has no margin.
/// </summary>
internal readonly record struct FigureLayout(float Font, SKRectI Label, SKRectI Image, SKRectI? Bar, SKSizeI Size)
{
    // A bar has room for three numbers beside any image.
    private const float LeastBar = 4;

    /// <summary>Pixels between two parts.</summary>
    public static int Gap(float font) => (int)MathF.Ceiling(font / 2);

    /// <summary>Places the parts around an image. <paramref name="numbers"/> is the width of the widest number; null for no bar.</summary>
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

    public static SKRectI BarAt(int left, int top, int imageHeight, float font) =>
        SKRectI.Create(left, top, Gap(font), Math.Max(imageHeight, (int)MathF.Ceiling(LeastBar * font)));
}
