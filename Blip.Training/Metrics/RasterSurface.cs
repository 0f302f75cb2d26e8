using Blip.Runtime.Imaging;
using SkiaSharp;

namespace Blip.Training.Metrics;

/// <summary>A chart as pixels. It has a built-in font, since many machines have none.</summary>
internal sealed class RasterSurface : IChartSurface, IDisposable
{
    // Image pixels for one of the page.
    private const int Scale = 2;
    private const float FontSize = 12 * Scale;

    private readonly SKBitmap bitmap;
    private readonly SKCanvas canvas;

    /// <summary>A white page; the image has twice its size.</summary>
    public RasterSurface(int width, int height)
    {
        bitmap = new SKBitmap(new SKImageInfo(Scale * width, Scale * height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.White);
    }

    public void Line(IReadOnlyList<(double X, double Y)> points, string color, double width, double opacity = 1)
    {
        using var paint = new SKPaint
        {
            Color = SKColor.Parse(color).WithAlpha((byte)Math.Round(255 * opacity)),
            IsAntialias = true,
            StrokeWidth = (float)(Scale * width),
            StrokeCap = SKStrokeCap.Round,
            StrokeJoin = SKStrokeJoin.Round,
        };
        var places = points.Select(point => new SKPoint((float)(Scale * point.X), (float)(Scale * point.Y))).ToArray();
        if (places is [var alone])
            canvas.DrawCircle(alone, 1.5f * paint.StrokeWidth, paint);
        for (var i = 1; i < places.Length; i++)
            canvas.DrawLine(places[i - 1], places[i], paint);
    }

    public void Text(double x, double y, string text, double align)
    {
        var left = (float)((Scale * x) - (align * DrawnText.Width(text, FontSize)));
        DrawnText.Draw(canvas, text, left, (float)(Scale * y) + (FontSize * DrawnText.CapitalHeight / 2), FontSize, SKColors.Black);
    }

    public byte[] ToPng()
    {
        canvas.Flush();
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    public void Dispose()
    {
        canvas.Dispose();
        bitmap.Dispose();
    }
}
