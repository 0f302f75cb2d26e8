namespace Blip.Datasets.Shapes;

/// <summary>The shapes of a scene, by the words of the demo checkpoints.</summary>
public enum Shape
{
    /// <summary>A disc.</summary>
    Circle,

    /// <summary>A square, upright.</summary>
    Square,

    /// <summary>A triangle of equal sides, its tip up.</summary>
    Triangle,

    /// <summary>A star of five points, one of them up.</summary>
    Star,

    /// <summary>A cross of two bars, upright.</summary>
    Cross,

    /// <summary>A disc with a hole.</summary>
    Ring,

    /// <summary>A crescent, open to the right. The demo checkpoints do not know it.</summary>
    Moon,

    /// <summary>A square on its tip, higher than wide. The demo checkpoints do not know it.</summary>
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

    /// <summary>(0, 128, 128). The demo checkpoints do not know it.</summary>
    Teal,

    /// <summary>(180, 255, 40). The demo checkpoints do not know it.</summary>
    Lime,
}

/// <summary>The sizes of shapes.</summary>
public enum ShapeSize
{
    /// <summary>A radius of about 0.11 of the image's side.</summary>
    Small,

    /// <summary>A radius of about 0.2 of the image's side.</summary>
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

/// <summary>Where the first of two shapes is, seen from the second.</summary>
public enum ShapePlace
{
    /// <summary>To its left, at about the same height.</summary>
    LeftOf,

    /// <summary>Above it, in about the same column.</summary>
    Above,
}

/// <summary>The words that captions use for the members of the enums.</summary>
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
