namespace Blip.Bench.Workloads;

/// <summary>
/// Matching, embedding and answering, done by this project or another library. Every work begins with the images' pixels
/// on the device and encodes them. Texts have one length, so that none pays for padding. A method returns when its work is done.
/// </summary>
internal interface IUnderstandingWorks : IDisposable
{
    /// <inheritdoc cref="ICaptionWorks.Name"/>
    string Name { get; }

    /// <inheritdoc cref="ICaptionWorks.Rest"/>
    TimeSpan Rest { get; }

    /// <inheritdoc cref="ICaptionWorks.SetPixels"/>
    void SetPixels(ReadOnlySpan<float> pixels, int images);

    /// <summary>Reads texts over the images: all of them over the one, or one over each.</summary>
    /// <returns>Logits <c>[texts, 2]</c> of "does not fit" and "fits".</returns>
    float[] Match(IReadOnlyList<int[]> texts);

    /// <summary>The images' vectors <c>[images, dim]</c>.</summary>
    float[] EmbedImages();

    /// <summary>Texts' vectors <c>[texts, dim]</c>; no image is looked at.</summary>
    float[] EmbedTexts(IReadOnlyList<int[]> texts);

    /// <summary>Answers questions about the images, all about the one, or one about each; greedy, the stop token forbidden.</summary>
    /// <param name="questions">Their ids.</param>
    /// <param name="tokens">Tokens of each answer.</param>
    int[][] Answer(IReadOnlyList<int[]> questions, int tokens);
}
