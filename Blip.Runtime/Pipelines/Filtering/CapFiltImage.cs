using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <summary>An image for captioner and filter.</summary>
/// <param name="Name">Its name in messages.</param>
/// <param name="Image">Its pixels.</param>
/// <param name="Texts">Texts to judge beside the captioner's.</param>
/// <param name="Stream">
/// The stream of random numbers of its captions. Draws depend on seed, stream and the caption's number, not on the batch.
/// </param>
public sealed record CapFiltImage(string Name, RgbImage Image, IReadOnlyList<string> Texts, long Stream);

/// <summary>Results for one image.</summary>
/// <param name="Texts">The image's texts with their scores, in order.</param>
/// <param name="Captions">The captioner's texts with their scores, in order.</param>
/// <param name="Error">The image's error; null for none.</param>
public sealed record CapFiltResult(IReadOnlyList<CapFiltText> Texts, IReadOnlyList<CapFiltText> Captions, string? Error = null);

/// <summary>A text with its scores.</summary>
/// <param name="Text">The text.</param>
/// <param name="MatchProbability">The probability that it fits the image, 0 to 1 (ITM); null for a text without words.</param>
/// <param name="Cosine">The cosine of the vectors of text and image, -1 to 1 (ITC); null likewise.</param>
/// <param name="LogProbability">The sum of the log-probabilities of a caption's tokens as chosen; null for a given text.</param>
public sealed record CapFiltText(string Text, double? MatchProbability, double? Cosine, double? LogProbability = null);
