using Blip.Bootstrapping.Tables;
using Blip.Runtime.Imaging;
using SkiaSharp;

namespace Blip.Bootstrapping.Reports;

/// <summary>A histogram as PNG.</summary>
internal static class HistogramImage
{
    private const int Width = 1200, Height = 720, Left = 110, Right = 40, Top = 130, Bottom = 90;

    private static readonly SKColor Ink = new(0x22, 0x22, 0x22), Grid = new(0xDD, 0xDD, 0xDD), Mark = new(0xB0, 0x1E, 0x1E);

    public static byte[] Draw(ScoreHistogram histogram)
    {
        using var bitmap = new SKBitmap(Width, Height);
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Clear(SKColors.White);
            var top = RoundUp(Math.Max(1, histogram.Highest));
            Axes(canvas, histogram, top);
            Bars(canvas, histogram, top);
            Threshold(canvas, histogram);
            Titles(canvas, histogram);
        }
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private static void Axes(SKCanvas canvas, ScoreHistogram histogram, long top)
    {
        using var line = new SKPaint { Color = Grid, StrokeWidth = 1, IsAntialias = true };
        using var axis = new SKPaint { Color = Ink, StrokeWidth = 2, IsAntialias = true };
        const int Steps = 4;
        for (var step = 0; step <= Steps; step++)
        {
            var y = Y(top * step / (double)Steps, top);
            canvas.DrawLine(Left, y, Width - Right, y, step == 0 ? axis : line);
            var count = top * step / (double)Steps;
            var label = count == Math.Floor(count) ? HistogramText.Count((long)count) : "";
            DrawnText.Draw(canvas, label, Left - 14, y + 7, 20, Ink, SKTextAlign.Right);
        }
        for (var step = 0; step <= 10; step += 2)
        {
            var value = histogram.Minimum + (histogram.Maximum - histogram.Minimum) * step / 10;
            canvas.DrawLine(X(value, histogram), Y(0, top), X(value, histogram), Y(0, top) + 8, axis);
            DrawnText.Draw(canvas, histogram.Number(value), X(value, histogram), Height - Bottom + 32, 20, Ink, SKTextAlign.Center);
        }
        DrawnText.Draw(canvas, histogram.Label, (Left + Width - Right) / 2f, Height - 22, 22, Ink, SKTextAlign.Center);
    }

    private static void Bars(SKCanvas canvas, ScoreHistogram histogram, long top)
    {
        for (var bin = 0; bin < histogram.Bins; bin++)
        {
            var sum = 0L;
            foreach (var origin in histogram.Used)
            {
                var count = histogram.Counts(origin)[bin];
                using var paint = new SKPaint { Color = Colour(origin), IsAntialias = true };
                var (left, right) = (X(histogram.Start(bin), histogram) + 1.5f, X(histogram.Start(bin + 1), histogram) - 1.5f);
                canvas.DrawRect(new SKRect(left, Y(sum + count, top), right, Y(sum, top)), paint);
                sum += count;
            }
        }
    }

    private static void Threshold(SKCanvas canvas, ScoreHistogram histogram)
    {
        if (histogram.Threshold is not { } threshold)
            return;
        using var dashes = SKPathEffect.CreateDash([10, 7], 0);
        using var line = new SKPaint { Color = Mark, StrokeWidth = 3, IsAntialias = true, PathEffect = dashes };
        var x = X(threshold, histogram);
        canvas.DrawLine(x, Top - 8, x, Height - Bottom, line);
        var (place, align) = x > Width * 0.75 ? (x - 8, SKTextAlign.Right) : (x + 8, SKTextAlign.Left);
        DrawnText.Draw(canvas, $"threshold {histogram.Number(threshold)}", place, Top + 30, 20, Mark, align);
    }

    private static void Titles(SKCanvas canvas, ScoreHistogram histogram)
    {
        var total = histogram.Used.Sum(histogram.Total);
        DrawnText.Draw(canvas, $"{HistogramText.Count(total)} texts by {histogram.Label}", Left, 46, 30, Ink, SKTextAlign.Left);
        var x = (float)Left;
        foreach (var origin in histogram.Used)
        {
            using var paint = new SKPaint { Color = Colour(origin), IsAntialias = true };
            canvas.DrawRect(x, 70, 22, 22, paint);
            var words = $"{TextOrigins.Name(origin)}: {HistogramText.Count(histogram.Total(origin))}";
            if (histogram.Threshold is not null)
                words += $" ({HistogramText.Share(histogram.Above(origin), histogram.Total(origin))} pass)";
            x += 32 + DrawnText.Draw(canvas, words, x + 32, 89, 20, Ink, SKTextAlign.Left) + 24;
        }
    }

    // Distinguishable in grey and with colour blindness.
    private static SKColor Colour(TextOrigin origin) => origin switch
    {
        TextOrigin.Web => new SKColor(0x1F, 0x4E, 0x79),
        TextOrigin.Synthetic => new SKColor(0xF2, 0x9F, 0x3F),
        TextOrigin.Human => new SKColor(0x7F, 0xC9, 0xA5),
        _ => throw new ArgumentOutOfRangeException(nameof(origin), origin, "There is no such origin of a text."),
    };

    private static float X(double value, ScoreHistogram histogram) =>
        Left + (float)((value - histogram.Minimum) / (histogram.Maximum - histogram.Minimum) * (Width - Left - Right));

    private static float Y(double count, long top) => Height - Bottom - (float)(count / top * (Height - Top - Bottom));

    // The axis ends at 1, 2, 4 or 8 times a power of ten, so that its quarters are round.
    private static long RoundUp(long count)
    {
        for (var power = 1L; ; power *= 10)
        {
            foreach (var step in (ReadOnlySpan<long>)[1, 2, 4, 8])
            {
                if (step * power >= count)
                    return step * power;
            }
        }
    }
}
