using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <summary>An image for captioner and filter.</summary>
/// <param name="Name">Its name in messages.</param>
/// <param name="Image">Its pixels.</param>
/// <param name="Texts">The texts that are judged beside the captioner's own.</param>
/// <param name="Stream">
/// The stream of random numbers of its captions. Draws depend on the seed, on this and on the caption's number, and not on the batch.
/// </param>
public sealed record CapFiltImage(string Name, RgbImage Image, IReadOnlyList<string> Texts, long Stream);

/// <summary>Captioner's and filter's results for one image.</summary>
/// <param name="Texts">The image's own texts with their scores, in order.</param>
/// <param name="Captions">The captioner's texts with their scores, in order of their numbers.</param>
/// <param name="Error">The image's error, for people; null for none.</param>
public sealed record CapFiltResult(IReadOnlyList<CapFiltText> Texts, IReadOnlyList<CapFiltText> Captions, string? Error = null);

/// <summary>A text with its scores.</summary>
/// <param name="Text">The text.</param>
/// <param name="MatchProbability">The probability that it fits the image, 0 to 1 (ITM); null for a text without a word.</param>
/// <param name="Cosine">The cosine of the vectors of text and image, -1 to 1 (ITC); null for a text without a word.</param>
/// <param name="LogProbability">The sum of the log-probabilities of a caption's tokens as they were chosen; null for a text that was
/// found.</param>
public sealed record CapFiltText(string Text, double? MatchProbability, double? Cosine, double? LogProbability = null);
