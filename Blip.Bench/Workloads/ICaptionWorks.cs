namespace Blip.Bench.Workloads;

/// <summary>
/// Captioning's pieces of work, by this project or another library. Greedy, without the stop token, so that all sides make equally many
/// tokens. A method returns when its work is done.
/// </summary>
internal interface ICaptionWorks : IDisposable
{
    /// <summary>Its name in tables.</summary>
    string Name { get; }

    /// <summary>The products' format: <c>fp32</c>, <c>bf16</c>, <c>int8</c>.</summary>
    string Precision { get; }

    /// <summary>How long its threads may spin after work.</summary>
    TimeSpan Rest { get; }

    /// <summary>Sets the encoder's images <c>[images, 3, side, side]</c>.</summary>
    void SetPixels(ReadOnlySpan<float> pixels, int images);

    /// <summary>Pixels to embeddings.</summary>
    void Encode();

    /// <summary>Embeddings to cross-attention's inputs in every layer.</summary>
    void CrossKeysValues();

    /// <summary>Decodes given first tokens of each image, start token first, so that <see cref="Token"/> repeats the last.</summary>
    void PrepareToken(ReadOnlySpan<int> tokens);

    /// <summary>One token through the decoder, to logits, after <see cref="PrepareToken"/>.</summary>
    void Token();

    /// <summary>Encoder, cross-attention's keys and values, and decoder.</summary>
    /// <returns>Each image's generated ids.</returns>
    int[][] Caption(int tokens);

    /// <summary>The embeddings <c>[images, image tokens, hidden]</c>.</summary>
    float[] ReadEmbeddings();

    /// <summary>A layer's keys and values <c>[images, image tokens, 2·hidden]</c>, keys first.</summary>
    float[] ReadCrossKeysValues(int layer);

    /// <summary>The logits <c>[images, vocabulary]</c> of the last <see cref="Token"/>.</summary>
    float[] ReadLogits();
}

/// <summary>Works with beam search.</summary>
internal interface IBeamWorks : ICaptionWorks
{
    /// <summary><see cref="ICaptionWorks.Caption"/> by beam search.</summary>
    int[][] Search(int tokens, int beams);
}
