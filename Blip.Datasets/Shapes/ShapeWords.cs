namespace Blip.Datasets.Shapes;

/// <summary>The shapes, by the demo checkpoints' names.</summary>
public enum Shape
{
    /// <summary>A disc.</summary>
    Circle,

    /// <summary>An upright square.</summary>
    Square,

    /// <summary>An equilateral triangle, tip up.</summary>
    Triangle,

    /// <summary>A five-pointed star, one point up.</summary>
    Star,

    /// <summary>An upright cross of two bars.</summary>
    Cross,

    /// <summary>A disc with a hole.</summary>
    Ring,

    /// <summary>A crescent, open to the right; unknown to the demo checkpoints.</summary>
    Moon,

    /// <summary>A rhombus, taller than wide; unknown to the demo checkpoints.</summary>
    Kite,
}

/// <summary>The colours of shapes.</summary>
public enum ShapeColor
{
    /// <summary>(214, 48, 49).</summary>
    Red,

    /// <summary>(39, 174, 96).</summary>
    Green,

    /// <summary>(41, 98, 255).</summary>
    Blue,

    /// <summary>(250, 204, 21).</summary>
    Yellow,

    /// <summary>(142, 68, 173).</summary>
    Purple,

    /// <summary>(243, 120, 20).</summary>
    Orange,

    /// <summary>(245, 245, 245).</summary>
    White,

    /// <summary>(25, 25, 25).</summary>
    Black,

    /// <summary>(0, 128, 128); unknown to the demo checkpoints.</summary>
    Teal,

    /// <summary>(180, 255, 40); unknown to the demo checkpoints.</summary>
    Lime,
}

/// <summary>The sizes of shapes.</summary>
public enum ShapeSize
{
    /// <summary>Radius about 0.11 of the image's side.</summary>
    Small,

    /// <summary>Radius about 0.2 of the image's side.</summary>
    Large,
}

/// <summary>The colours of backgrounds.</summary>
public enum SceneBackground
{
    /// <summary>(150, 150, 150).</summary>
    Gray,

    /// <summary>(255, 190, 203).</summary>
    Pink,

    /// <summary>(121, 85, 61).</summary>
    Brown,

    /// <summary>(120, 220, 230).</summary>
    Cyan,
}

/// <summary>The first shape's place relative to the second.</summary>
public enum ShapePlace
{
    /// <summary>Left of it, at about the same height.</summary>
    LeftOf,

    /// <summary>Above it, in about the same column.</summary>
    Above,
}

/// <summary>The captions' words for enum members.</summary>
internal static class ShapeWords
{
    public static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    public static string Word(ShapePlace place) => place switch
    {
        ShapePlace.LeftOf => "left of",
        ShapePlace.Above => "above",
        _ => throw new ArgumentOutOfRangeException(nameof(place), place, "A place is left of or above."),
    };
}
