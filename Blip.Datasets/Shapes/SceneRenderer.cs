using System.Collections.Concurrent;
using Blip.Kernels;
using Blip.Runtime.Imaging;

namespace Blip.Datasets.Shapes;

/// <summary>
/// Draws scenes like the demo checkpoints' training images: three times as large, not smoothed, then reduced by Pillow's Lanczos filter in
/// its integers. Pixels are the same on every machine.
/// </summary>
public static class SceneRenderer
{
    // Pixels beside a shape that the filter reaches, and one for edges.
    private const int Reach = 4;

    private static readonly ConcurrentDictionary<int, ResamplingTable> Tables = new();

    /// <summary>A scene's image.</summary>
    /// <param name="scene">The scene.</param>
    /// <returns>A square of side <see cref="ShapeScene.Side"/>.</returns>
    public static RgbImage Render(ShapeScene scene)
    {
        ArgumentNullException.ThrowIfNull(scene);
        var palette = new (byte R, byte G, byte B)[] { Of(scene.Background) }.Concat(scene.Items.Select(item => Of(item.Color))).ToArray();
        var pixels = new byte[3 * scene.Side * scene.Side];
        for (var i = 0; i < pixels.Length; i += 3)
            (pixels[i], pixels[i + 1], pixels[i + 2]) = palette[0];
        var raster = new SceneRaster(scene);
        var table = Tables.GetOrAdd(scene.Side, side => ResamplingTable.Create(side * SceneRaster.Scale, side, ResamplingFilter.Lanczos));
        foreach (var item in scene.Items)
            Reduce(raster, table, palette, item, pixels);
        return new RgbImage(scene.Side, scene.Side, pixels);
    }

    /// <summary>A scene's image as a PNG file.</summary>
    /// <param name="scene">The scene.</param>
    public static byte[] RenderPng(ShapeScene scene)
    {
        using var stream = new MemoryStream();
        ImageWriter.WritePng(stream, Render(scene));
        return stream.ToArray();
    }

    internal static (byte R, byte G, byte B) Of(SceneBackground background) => background switch
    {
        SceneBackground.Gray => (150, 150, 150),
        SceneBackground.Pink => (255, 190, 203),
        SceneBackground.Brown => (121, 85, 61),
        SceneBackground.Cyan => (120, 220, 230),
        _ => throw new ArgumentOutOfRangeException(nameof(background), background, "There is no such background."),
    };

    internal static (byte R, byte G, byte B) Of(ShapeColor color) => color switch
    {
        ShapeColor.Red => (214, 48, 49),
        ShapeColor.Green => (39, 174, 96),
        ShapeColor.Blue => (41, 98, 255),
        ShapeColor.Yellow => (250, 204, 21),
        ShapeColor.Purple => (142, 68, 173),
        ShapeColor.Orange => (243, 120, 20),
        ShapeColor.White => (245, 245, 245),
        ShapeColor.Black => (25, 25, 25),
        ShapeColor.Teal => (0, 128, 128),
        ShapeColor.Lime => (180, 255, 40),
        _ => throw new ArgumentOutOfRangeException(nameof(color), color, "There is no such colour."),
    };

    // Reduces the square that a shape can change: rows first, with rounded bytes in between, as in Pillow.
    private static void Reduce(SceneRaster raster, ResamplingTable table, (byte R, byte G, byte B)[] palette, ShapeItem item, byte[] pixels)
    {
        var (left, right) = Range(item.X, item.Radius, table.Target);
        var (top, bottom) = Range(item.Y, item.Radius, table.Target);
        var width = 3 * (right - left + 1);
        var first = Weights(table, top, out _);
        var between = new byte[(Weights(table, bottom, out var last) + last.Length - first) * width];
        for (var y = 0; y * width < between.Length; y++)
        {
            for (var x = 0; 3 * x < width; x++)
                Across(raster.Row(first + y), table, left + x, palette, between.AsSpan((y * width) + (3 * x), 3));
        }
        for (var y = top; y <= bottom; y++)
        {
            var start = Weights(table, y, out var weights) - first;
            for (var i = 0; i < width; i++)
            {
                var sum = ResamplingTable.Half;
                for (var k = 0; k < weights.Length; k++)
                    sum += between[((start + k) * width) + i] * weights[k];
                pixels[(3 * ((y * table.Target) + left)) + i] = ToByte(sum);
            }
        }
    }

    private static void Across(
        ReadOnlySpan<byte> row, ResamplingTable table, int target, (byte R, byte G, byte B)[] palette, Span<byte> pixel)
    {
        var start = Weights(table, target, out var weights);
        var (r, g, b) = (ResamplingTable.Half, ResamplingTable.Half, ResamplingTable.Half);
        for (var k = 0; k < weights.Length; k++)
        {
            var color = palette[row[start + k]];
            (r, g, b) = (r + (color.R * weights[k]), g + (color.G * weights[k]), b + (color.B * weights[k]));
        }
        (pixel[0], pixel[1], pixel[2]) = (ToByte(r), ToByte(g), ToByte(b));
    }

    // The first and last pixel along an axis, within the image, that a shape can change.
    private static (int First, int Last) Range(double centre, double radius, int side) => (
        Math.Clamp((int)Math.Floor((centre - (1.2 * radius)) * side) - Reach, 0, side - 1),
        Math.Clamp((int)Math.Ceiling((centre + (1.2 * radius)) * side) + Reach, 0, side - 1));

    // The first raster pixel for an image pixel, and the weights from there on.
    private static int Weights(ResamplingTable table, int target, out ReadOnlySpan<int> weights)
    {
        var at = target * (table.Taps + ResamplingTable.Header);
        weights = table.Data.AsSpan(at + ResamplingTable.Header, table.Data[at + 1]);
        return table.Data[at];
    }

    private static byte ToByte(int sum) => (byte)Math.Clamp(sum >> ResamplingTable.PrecisionBits, 0, 255);
}
