namespace Blip.Bench.Workloads;

/// <summary>
/// The pieces of work that captioning consists of, done by this project or another library. Greedy, the stop token
/// forbidden, so that everybody makes the number of tokens that is asked for. A method returns when its work is done.
/// </summary>
internal interface ICaptionWorks : IDisposable
{
    /// <summary>Its name in tables.</summary>
    string Name { get; }

    /// <summary>The products' format: <c>fp32</c>, <c>bf16</c>, <c>int8</c>.</summary>
    string Precision { get; }

    /// <summary>How long its threads may go on spinning after a piece of work.</summary>
    TimeSpan Rest { get; }

    /// <summary>Puts images <c>[images, 3, side, side]</c> where the encoder reads them.</summary>
    void SetPixels(ReadOnlySpan<float> pixels, int images);

    /// <summary>Pixels to embeddings.</summary>
    void Encode();

    /// <summary>Embeddings to the inputs of the decoder's cross-attention, in every layer.</summary>
    void CrossKeysValues();

    /// <summary>Decodes the first tokens of each image, given ones, so that <see cref="Token"/> runs the last of them again.</summary>
    /// <param name="tokens">The ids, start token first.</param>
    void PrepareToken(ReadOnlySpan<int> tokens);

    /// <summary>One token through the decoder, to logits, at the context of <see cref="PrepareToken"/>.</summary>
    void Token();

    /// <summary>Encoder, cross-attention's keys and values, and decoder.</summary>
    /// <param name="tokens">Tokens to generate.</param>
    /// <returns>The generated ids of each image.</returns>
    int[][] Caption(int tokens);

    /// <summary>The embeddings <c>[images, image tokens, hidden]</c>.</summary>
    float[] ReadEmbeddings();

    /// <summary>A layer's keys and values <c>[images, image tokens, 2·hidden]</c>, keys first.</summary>
    float[] ReadCrossKeysValues(int layer);

    /// <summary>The logits <c>[images, vocabulary]</c> of the last <see cref="Token"/>.</summary>
    float[] ReadLogits();
}

/// <summary>Who can search with beams, too.</summary>
internal interface IBeamWorks : ICaptionWorks
{
    /// <summary>As <see cref="ICaptionWorks.Caption"/>, by a beam search.</summary>
    /// <param name="tokens">Tokens to generate.</param>
    /// <param name="beams">Beams of each image.</param>
    int[][] Search(int tokens, int beams);
}
