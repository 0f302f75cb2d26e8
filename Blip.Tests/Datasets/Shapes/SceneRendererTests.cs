using System.Security.Cryptography;
using Blip.Datasets.Shapes;
using Blip.Kernels;
using Blip.Runtime.Imaging;
using Blip.Verification.References;

namespace Blip.Tests.Datasets.Shapes;

public sealed class SceneRendererTests
{
    private static readonly Shape[] Straight = [Shape.Square, Shape.Triangle, Shape.Cross];

    [Fact]
    public void Images_are_those_that_came_with_the_checkpoints()
    {
        var errors = new List<double>();
        foreach (var (file, scene, _, expected) in ShapeSamples.All())
        {
            var differences = SceneRenderer.Render(scene).Pixels.Zip(expected.Pixels, (a, b) => Math.Abs(a - b)).ToList();
            errors.Add(differences.Average());
            if (scene.Items.All(item => Straight.Contains(item.Shape)))
                Assert.True(differences.Max() == 0, $"{file} differs by up to {differences.Max()} levels.");
            Assert.True(errors[^1] < 0.1, $"{file} differs by {errors[^1]} levels on average.");
        }
        Assert.Equal(12, errors.Count);
        Assert.True(errors.Average() < 0.02, $"The samples differ by {errors.Average()} levels on average.");
    }

    [Theory]
    [InlineData(Shape.Circle)]
    [InlineData(Shape.Square)]
    [InlineData(Shape.Triangle)]
    [InlineData(Shape.Star)]
    [InlineData(Shape.Cross)]
    [InlineData(Shape.Ring)]
    public void Only_what_a_shape_can_change_is_reduced_and_nothing_is_missed(Shape shape)
    {
        // One shape far from the edges, and one that hangs over two of them.
        ShapeItem[] items =
        [
            new(shape, ShapeColor.Red, ShapeSize.Small, 0.31, 0.42, 0.11),
            new(shape, ShapeColor.Black, ShapeSize.Large, 0.95, 0.97, 0.21),
        ];
        var scene = new ShapeScene(SceneBackground.Pink, items, ShapePlace.LeftOf, 70);
        var raster = new SceneRaster(scene);
        (byte R, byte G, byte B)[] palette =
            [SceneRenderer.Of(scene.Background), SceneRenderer.Of(items[0].Color), SceneRenderer.Of(items[1].Color)];
        byte[] large = [.. Enumerable.Range(0, raster.Side)
            .SelectMany(y => raster.Row(y).ToArray())
            .Select(place => palette[place])
            .SelectMany(color => (byte[])[color.R, color.G, color.B])];
        var expected = ResamplingReference.Resize(large, raster.Side, raster.Side, 70, 70, ResamplingFilter.Lanczos);
        Assert.Equal(expected, SceneRenderer.Render(scene).Pixels);
    }

    [Fact]
    public void Pixels_are_the_same_on_every_machine()
    {
        var scenes = new SceneGenerator(0);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < 100; i++)
            hash.AppendData(SceneRenderer.Render(scenes.Scene(i)).Pixels);
        Assert.Equal("d455d2905c437db3694806bcc45ea25b232e45a358dd165573b824e0983c49ff", Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    [Fact]
    public void A_png_holds_the_pixels_and_has_the_same_bytes_again()
    {
        var scene = new SceneGenerator(0).Scene(5);
        var png = SceneRenderer.RenderPng(scene);
        Assert.Equal(SceneRenderer.Render(scene).Pixels, ImageDecoder.Decode(png).Pixels);
        Assert.Equal(png, SceneRenderer.RenderPng(scene));
    }
}
