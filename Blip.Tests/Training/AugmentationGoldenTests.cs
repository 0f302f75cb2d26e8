using System.Text.Json;
using Blip.Runtime.Imaging;
using Blip.Training.Augmentation;

namespace Blip.Tests.Training;

/// <summary>Each operation of the authors' augmentation, byte for byte (Goldens/augment).</summary>
public class AugmentationGoldenTests
{
    private static readonly JsonElement[] Recorded =
        [.. JsonElement.Parse(File.ReadAllBytes(GoldenModel.Folder("augment", "cases.json"))).EnumerateArray()];

    public static TheoryData<string> Cases => [.. Recorded.Select(test => test.GetProperty("expected").GetString()!)];

    [Theory, MemberData(nameof(Cases))]
    public void An_operation_gives_the_recorded_bytes(string expected)
    {
        var test = Recorded.Single(test => test.GetProperty("expected").GetString() == expected);
        var image = ImageDecoder.Decode(GoldenModel.Folder("augment", test.GetProperty("file").GetString()!));
        var before = (byte[])image.Pixels.Clone();

        var actual = Apply(image, test.GetProperty("operation").GetString()!, test.GetProperty("parameters"));

        var truth = ImageDecoder.Decode(GoldenModel.Folder("augment", expected));
        Assert.Equal((truth.Width, truth.Height), (actual.Width, actual.Height));
        var wrong = Enumerable.Range(0, truth.Pixels.Length).Where(i => truth.Pixels[i] != actual.Pixels[i])
            .Select(i => $"column {i / 3 % truth.Width}, row {i / 3 / truth.Width}: {actual.Pixels[i]}, not {truth.Pixels[i]}").ToList();
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {truth.Pixels.Length} bytes differ: {string.Join("; ", wrong.Take(3))}");
        Assert.Equal(before, image.Pixels);
    }

    [Fact]
    public void Every_operation_that_is_drawn_has_been_recorded() =>
        Assert.Equal(
            [
                "autocontrast", "brightness", "equalize", "flip", "resized_crop", "rotate", "sharpness", "shear_x", "shear_y",
                "translate_x", "translate_y",
            ],
            Recorded.Select(test => test.GetProperty("operation").GetString()!).Distinct().Order(StringComparer.Ordinal));

    private static RgbImage Apply(RgbImage image, string operation, JsonElement parameters)
    {
        double Number(string name) => parameters.GetProperty(name).GetDouble();
        int Whole(string name) => parameters.GetProperty(name).GetInt32();
        return operation switch
        {
            "autocontrast" => ImageLevels.AutoContrast(image),
            "equalize" => ImageLevels.Equalize(image),
            "brightness" => ImageLevels.Brightness(image, Number("factor")),
            "sharpness" => ImageLevels.Sharpness(image, Number("factor")),
            "rotate" => ImageWarp.Rotate(image, Number("degrees")),
            "shear_x" => ImageWarp.ShearX(image, Number("factor")),
            "shear_y" => ImageWarp.ShearY(image, Number("factor")),
            "translate_x" => ImageWarp.TranslateX(image, Number("offset")),
            "translate_y" => ImageWarp.TranslateY(image, Number("offset")),
            "flip" => ImageCrop.Flip(image),
            "resized_crop" => ImageCrop.Resize(
                image,
                new CropBox(Whole("left"), Whole("top"), Whole("right") - Whole("left"), Whole("bottom") - Whole("top")),
                Whole("size"), Whole("size")),
            _ => throw new ArgumentException($"There is no operation '{operation}'.", nameof(operation)),
        };
    }
}
