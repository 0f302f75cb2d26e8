namespace Blip.Bootstrapping.Selection;

/// <summary>Why a candidate is kept or dropped: the constant values of the table's column <c>reason</c>.</summary>
public static class SelectionReasons
{
    /// <summary>Kept: it passed every test.</summary>
    public const string Kept = "kept";

    /// <summary>Kept: a person wrote it.</summary>
    public const string Human = "human";

    /// <summary>The image failed.</summary>
    public const string Error = "error";

    /// <summary>The image's shorter side is too short.</summary>
    public const string Side = "side";

    /// <summary>The image's aspect ratio is too large.</summary>
    public const string Aspect = "aspect";

    /// <summary>An earlier image has the same bytes.</summary>
    public const string DuplicateImage = "duplicate-image";

    /// <summary>The image has no text, or the text is blank.</summary>
    public const string NoText = "no-text";

    /// <summary>A pattern to drop matches the text.</summary>
    public const string Pattern = "pattern";

    /// <summary>No pattern to keep matches the text.</summary>
    public const string Language = "language";

    /// <summary>The image already has the text, or an earlier image keeps it.</summary>
    public const string DuplicateText = "duplicate-text";

    /// <summary>A required score is missing.</summary>
    public const string Unscored = "unscored";

    /// <summary>The matching probability is below the threshold.</summary>
    public const string Itm = "itm";

    /// <summary>The cosine is below the threshold.</summary>
    public const string Itc = "itc";

    /// <summary>Better texts of the image take its places.</summary>
    public const string Rank = "rank";

    /// <summary>All reasons. A candidate has the first that applies, in the order of <see cref="SelectionRule"/>.</summary>
    public static IReadOnlyList<string> All { get; } =
        [Kept, Human, Error, Side, Aspect, DuplicateImage, NoText, Pattern, Language, DuplicateText, Unscored, Itm, Itc, Rank];
}
