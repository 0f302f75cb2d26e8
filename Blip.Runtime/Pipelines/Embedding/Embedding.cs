using System.Diagnostics.CodeAnalysis;

namespace Blip.Runtime.Pipelines;

/// <summary>An image's vector, or the reason why there is none.</summary>
public sealed class ImageEmbedding
{
    private ImageEmbedding(ImageSource source, float[]? vector, string? error) => (Source, Vector, Error) = (source, vector, error);

    /// <summary>The image.</summary>
    public ImageSource Source { get; }

    /// <summary><c>[<see cref="Embedder.Dimension"/>]</c>, of length 1.</summary>
    public float[]? Vector { get; }

    /// <summary>A sentence that begins with the image's name; null for a vector.</summary>
    public string? Error { get; }

    /// <summary>Whether there is a vector.</summary>
    [MemberNotNullWhen(true, nameof(Vector))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Vector is not null;

    /// <summary>A result with a vector.</summary>
    public static ImageEmbedding Of(ImageSource source, float[] vector) => new(source, vector, null);

    /// <summary>A result with an error.</summary>
    public static ImageEmbedding Failed(ImageSource source, string error) => new(source, null, error);
}

/// <summary>A text's vector, or the reason why there is none.</summary>
public sealed class TextEmbedding
{
    private TextEmbedding(string text, float[]? vector, string? error) => (Text, Vector, Error) = (text, vector, error);

    /// <summary>The text.</summary>
    public string Text { get; }

    /// <summary><c>[<see cref="Embedder.Dimension"/>]</c>, of length 1.</summary>
    public float[]? Vector { get; }

    /// <summary>The error, as a sentence; null for a vector.</summary>
    public string? Error { get; }

    /// <summary>Whether there is a vector.</summary>
    [MemberNotNullWhen(true, nameof(Vector))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Vector is not null;

    /// <summary>A result with a vector.</summary>
    public static TextEmbedding Of(string text, float[] vector) => new(text, vector, null);

    /// <summary>A result with an error.</summary>
    public static TextEmbedding Failed(string text, string error) => new(text, null, error);
}
