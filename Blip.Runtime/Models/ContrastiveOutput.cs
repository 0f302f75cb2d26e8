namespace Blip.Runtime.Models;

/// <summary>Images and texts compared as CLIP does.</summary>
/// <param name="imageEmbeddings">The images' vectors, of length one.</param>
/// <param name="textEmbeddings">The texts' vectors, of length one.</param>
/// <param name="scale">What cosines are multiplied with.</param>
internal sealed class ContrastiveOutput(float[][] imageEmbeddings, float[][] textEmbeddings, double scale)
{
    /// <summary>The images' vectors <c>[images, dim]</c>.</summary>
    public IReadOnlyList<float[]> ImageEmbeddings { get; } = imageEmbeddings;

    /// <summary>The texts' vectors <c>[texts, dim]</c>.</summary>
    public IReadOnlyList<float[]> TextEmbeddings { get; } = textEmbeddings;

    /// <summary>Scaled cosines <c>[images, texts]</c>.</summary>
    public float[][] LogitsPerImage { get; } = Similarity.Products(imageEmbeddings, textEmbeddings, scale);

    /// <summary>The same <c>[texts, images]</c>.</summary>
    public float[][] LogitsPerText { get; } = Similarity.Products(textEmbeddings, imageEmbeddings, scale);

    /// <summary>The contrastive loss of as many images as texts, each belonging to the other of its number.</summary>
    /// <exception cref="InvalidOperationException">There are not as many of one as of the other.</exception>
    public double Loss() => LogitsPerImage.Length == LogitsPerText.Length
        ? Similarity.ContrastiveLoss(LogitsPerText)
        : throw new InvalidOperationException($"The loss is about pairs, and these are {LogitsPerImage.Length} images and {LogitsPerText.Length} texts.");
}
