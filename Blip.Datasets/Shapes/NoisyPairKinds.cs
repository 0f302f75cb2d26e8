namespace Blip.Datasets.Shapes;

/// <summary>Kinds of a noisy pair's text.</summary>
public enum PairTruth
{
    /// <summary>The true sentence.</summary>
    Right,

    /// <summary>The true sentence with one detail replaced.</summary>
    Detail,

    /// <summary>Another image's true sentence.</summary>
    Other,
}

/// <summary>Details that can be wrong.</summary>
public enum WrongDetail
{
    /// <summary>One shape's colour.</summary>
    Color,

    /// <summary>One shape's size.</summary>
    Size,

    /// <summary>The background.</summary>
    Background,

    /// <summary>One shape's kind.</summary>
    Shape,

    /// <summary>The place; two shapes only.</summary>
    Place,

    /// <summary>The shapes change places; two shapes only.</summary>
    Swap,
}
