using Blip.Bench.Workloads;
using Blip.Runtime.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Blip.Bench.Peers.Torch;

/// <summary>
/// Matching, embedding and answering on libtorch in inference mode, one thread per core. All calls must come from one thread.
/// </summary>
internal sealed class TorchUnderstanding : IUnderstandingWorks
{
    private readonly BlipConfig config;
    private readonly IDisposable inferenceMode;
    private readonly TorchWeights matchingWeights, answeringWeights;
    private readonly TorchVision matchingVision, answeringVision;
    private readonly TorchReader matchingReader, questionReader;
    private readonly Linear matchHead, imageProjection, textProjection;
    private readonly TorchDecoders decoders;
    private Tensor? pixels;

    /// <summary>Loads both models.</summary>
    /// <param name="source">A model whose weights fit both heads.</param>
    public TorchUnderstanding(ModelSource source)
    {
        set_num_threads(Environment.ProcessorCount);
        inferenceMode = inference_mode(true);
        config = source.Config;
        using var matching = source.OpenCheckpoint(BlipHead.Retrieval);
        using var answering = source.OpenCheckpoint(BlipHead.VisualQuestionAnswering);
        (matchingWeights, answeringWeights) = (new TorchWeights(matching), new TorchWeights(answering));
        (matchingVision, answeringVision) =
            (new TorchVision(config.Vision, matchingWeights), new TorchVision(config.Vision, answeringWeights));
        (matchingReader, questionReader) = (new TorchReader(config.Text, matchingWeights), new TorchReader(config.Text, answeringWeights));
        (matchHead, imageProjection, textProjection) =
            (matchingWeights.Linear("itm_head"), matchingWeights.Linear("vision_proj"), matchingWeights.Linear("text_proj"));
        decoders = new TorchDecoders(config.Text, answeringWeights, UnderstandingCases.TextTokens);
    }

    /// <inheritdoc/>
    public string Name => "libtorch";

    /// <inheritdoc/>
    public TimeSpan Rest => TimeSpan.FromMilliseconds(30);

    /// <inheritdoc/>
    public void SetPixels(ReadOnlySpan<float> pixels, int images)
    {
        this.pixels?.Dispose();
        this.pixels = tensor(pixels.ToArray(), [images, 3, config.Vision.ImageSize, config.Vision.ImageSize]);
    }

    /// <inheritdoc/>
    public float[] Match(IReadOnlyList<int[]> texts)
    {
        using var scope = NewDisposeScope();
        return Read(matchHead.Run(matchingReader.Run(texts, matchingVision.Run(pixels!)).select(1, 0)));
    }

    /// <inheritdoc/>
    public float[] EmbedImages()
    {
        using var scope = NewDisposeScope();
        return Read(functional.normalize(imageProjection.Run(matchingVision.Run(pixels!).select(1, 0)), 2, -1));
    }

    /// <inheritdoc/>
    public float[] EmbedTexts(IReadOnlyList<int[]> texts)
    {
        using var scope = NewDisposeScope();
        return Read(functional.normalize(textProjection.Run(matchingReader.Run(texts, null).select(1, 0)), 2, -1));
    }

    /// <inheritdoc/>
    public int[][] Answer(IReadOnlyList<int[]> questions, int tokens)
    {
        var decoder = decoders.Fastest(questions.Count);
        using var scope = NewDisposeScope();
        var cross = decoder.CrossKeysValues(questionReader.Run(questions, answeringVision.Run(pixels!)));
        return decoder.Greedy(questions.Count, tokens, cross);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        pixels?.Dispose();
        matchingWeights.Dispose();
        answeringWeights.Dispose();
        inferenceMode.Dispose();
    }

    private static float[] Read(Tensor tensor) => tensor.contiguous().data<float>().ToArray();
}
