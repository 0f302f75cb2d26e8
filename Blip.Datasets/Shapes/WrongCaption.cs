namespace Blip.Datasets.Shapes;

internal static class WrongCaption
{
    /// <summary>Replaces a detail of a true caption. Place and swap need two shapes.</summary>
    public static ShapeCaption Of(ShapeCaption caption, WrongDetail detail, SceneRandom random, SceneOptions options)
    {
        switch (detail)
        {
            case WrongDetail.Background:
                return caption with { Background = random.Other(caption.Background) };
            case WrongDetail.Place:
                return caption with { Place = random.Other(caption.Place!.Value) };
            case WrongDetail.Swap:
                return caption with { First = caption.Second!.Value, Second = caption.First };
            case WrongDetail.Color or WrongDetail.Size or WrongDetail.Shape:
                return caption.Second is { } second && random.Below(2) == 1
                    ? caption with { Second = Of(second, detail, random, options) }
                    : caption with { First = Of(caption.First, detail, random, options) };
            default:
                throw new ArgumentOutOfRangeException(nameof(detail), detail, "There is no such detail.");
        }
    }

    private static ShapePhrase Of(ShapePhrase phrase, WrongDetail detail, SceneRandom random, SceneOptions options) => detail switch
    {
        WrongDetail.Color => phrase with { Color = random.Other(phrase.Color, options.Colors) },
        WrongDetail.Size => phrase with { Size = random.Other(phrase.Size) },
        WrongDetail.Shape => phrase with { Shape = random.Other(phrase.Shape, options.Shapes) },
        _ => throw new ArgumentOutOfRangeException(nameof(detail), detail, "A shape has no such detail."),
    };
}
