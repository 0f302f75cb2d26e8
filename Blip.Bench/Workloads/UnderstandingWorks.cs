using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;
using ILGPU.Runtime;

namespace Blip.Bench.Workloads;

/// <summary>
/// Our works: the steps of <c>Matcher</c>, <c>Embedder</c> and <c>QuestionAnswerer</c> after the upload of pixels and ids. Models are
/// loaded on first use. The source is synthetic, so that its weights fit every head.
/// </summary>
internal sealed class UnderstandingWorks(ModelSource source, ModelOptions options, string deviceName = "cpu") : IUnderstandingWorks
{
    private readonly Device device = Kernels.Devices.Device.Open(deviceName);
    private MatchingModel? matching;
    private AnsweringModel? answering;
    private Generator? generator;
    private DeviceBuffer<float>? pixels;
    private int images;

    /// <inheritdoc/>
    public string Name => "blip";

    /// <inheritdoc/>
    public TimeSpan Rest => TimeSpan.FromMilliseconds(2);

    public string Device => device.Description.Id;

    private MatchingModel Matching => matching ??= MatchingModel.Load(source, device, options);

    private AnsweringModel Answering => answering ??= AnsweringModel.Load(source, device, options);

    private int Side => source.Config.Vision.ImageSize;

    /// <inheritdoc/>
    public void SetPixels(ReadOnlySpan<float> pixels, int images)
    {
        this.pixels?.Dispose();
        (this.pixels, this.images) = (device.Upload(pixels), images);
    }

    /// <inheritdoc/>
    public float[] Match(IReadOnlyList<int[]> texts) =>
        [.. Matching.Match(Encode(Matching), texts).SelectMany(logits => (float[])[logits.NoMatch, logits.Match])];

    /// <inheritdoc/>
    public float[] EmbedImages() => [.. Pixels(Matching).EmbedPixels(images, Side, Side).SelectMany(vector => vector)];

    /// <inheritdoc/>
    public float[] EmbedTexts(IReadOnlyList<int[]> texts) => [.. Matching.EmbedTexts(texts).SelectMany(vector => vector)];

    /// <inheritdoc/>
    public int[][] Answer(IReadOnlyList<int[]> questions, int tokens)
    {
        var text = source.Config.Text;
        Answering.Ask(Encode(Answering), questions);
        var answers = (generator ??= new Generator(device)).Generate(
            Answering,
            [.. Enumerable.Repeat(new[] { text.BosTokenId }, questions.Count)],
            new SpecialTokens(text.BosTokenId, text.SepTokenId, text.PadTokenId),
            new GenerationOptions { MinNewTokens = tokens, MaxNewTokens = tokens });
        return [.. answers.Select(sequences => sequences[0].Tokens[1..])];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        pixels?.Dispose();
        generator?.Dispose();
        matching?.Dispose();
        answering?.Dispose();
        device.Dispose();
    }

    private ImageStates Encode(BlipModel model) => Pixels(model).Vision.Encode(images, Side, Side);

    private TModel Pixels<TModel>(TModel model)
        where TModel : BlipModel
    {
        pixels!.View.CopyTo(device.Stream, model.Vision.PixelBuffer(images, Side, Side));
        return model;
    }
}
