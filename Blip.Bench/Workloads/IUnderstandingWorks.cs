namespace Blip.Bench.Workloads;

/// <summary>
/// Matching, embedding and answering, by this project or another library. Works start with pixels on the device and encode them. Texts have
/// one length, so that no side pays for padding. A method returns when its work is done.
/// </summary>
internal interface IUnderstandingWorks : IDisposable
{
    /// <inheritdoc cref="ICaptionWorks.Name"/>
    string Name { get; }

    /// <inheritdoc cref="ICaptionWorks.Rest"/>
    TimeSpan Rest { get; }

    /// <inheritdoc cref="ICaptionWorks.SetPixels"/>
    void SetPixels(ReadOnlySpan<float> pixels, int images);

    /// <summary>Reads texts over the images: all over one, or one over each.</summary>
    /// <returns>Logits <c>[texts, 2]</c>: no match, match.</returns>
    float[] Match(IReadOnlyList<int[]> texts);

    /// <summary>The images' vectors <c>[images, dim]</c>.</summary>
    float[] EmbedImages();

    /// <summary>Texts' vectors <c>[texts, dim]</c>, without images.</summary>
    float[] EmbedTexts(IReadOnlyList<int[]> texts);

    /// <summary>Answers questions, all about one image or one about each; greedy, without the stop token.</summary>
    int[][] Answer(IReadOnlyList<int[]> questions, int tokens);
}
