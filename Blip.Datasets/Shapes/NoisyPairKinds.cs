namespace Blip.Datasets.Shapes;

/// <summary>The kinds of a noisy pair's text.</summary>
public enum PairTruth
{
    /// <summary>The true sentence about the image.</summary>
    Right,

    /// <summary>The true sentence with one detail replaced.</summary>
    Detail,

    /// <summary>The true sentence about another image.</summary>
    Other,
}

/// <summary>The details that can be wrong.</summary>
public enum WrongDetail
{
    /// <summary>One shape has another colour.</summary>
    Color,

    /// <summary>One shape has the other size.</summary>
    Size,

    /// <summary>The background is another one.</summary>
    Background,

    /// <summary>One shape is another one.</summary>
    Shape,

    /// <summary>The place is the other one; scenes of two shapes only.</summary>
    Place,

    /// <summary>The two shapes change places; scenes of two shapes only.</summary>
    Swap,
}
