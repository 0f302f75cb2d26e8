using System.Text.Json;
using Blip.Datasets.Shapes;
using Blip.Runtime.Imaging;
using Blip.Tests.Cli;

namespace Blip.Tests.Datasets.Shapes;

/// <summary>The sample images that came with the demo checkpoints, and the scenes that they show.</summary>
internal static class ShapeSamples
{
    /// <summary>Each image's file, scene, true caption and pixels.</summary>
    public static IEnumerable<(string File, ShapeScene Scene, string Caption, RgbImage Image)> All()
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Demo.Sample("samples.json")));
        foreach (var sample in json.RootElement.GetProperty("samples").EnumerateArray())
        {
            var file = sample.GetProperty("file").GetString()!;
            var image = ImageDecoder.Decode(Demo.Sample(file));
            ShapePlace? place = sample.GetProperty("relation").GetString() switch
            {
                null => null,
                "left of" => ShapePlace.LeftOf,
                "above" => ShapePlace.Above,
                var word => throw new InvalidDataException(word),
            };
            var items = sample.GetProperty("items").EnumerateArray().Select(Item).ToList();
            var scene = new ShapeScene(Word<SceneBackground>(sample, "background"), items, place, image.Width);
            yield return (file, scene, sample.GetProperty("caption").GetString()!, image);
        }
    }

    private static ShapeItem Item(JsonElement item) => new(
        Word<Shape>(item, "shape"),
        Word<ShapeColor>(item, "color"),
        Word<ShapeSize>(item, "size"),
        item.GetProperty("x").GetDouble(),
        item.GetProperty("y").GetDouble(),
        item.GetProperty("r").GetDouble());

    private static T Word<T>(JsonElement element, string name)
        where T : struct, Enum => Enum.Parse<T>(element.GetProperty(name).GetString()!, ignoreCase: true);
}
