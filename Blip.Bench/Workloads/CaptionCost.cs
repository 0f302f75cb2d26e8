using Blip.Bench.Measuring;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;

namespace Blip.Bench.Workloads;

/// <summary>A work's necessary arithmetic and least memory traffic.</summary>
/// <param name="Flops">Additions plus multiplications.</param>
/// <param name="Bytes">Weights with scales, caches of keys and values, inputs and results; without values between operators.</param>
internal readonly record struct Cost(double Flops, double Bytes)
{
    public static Cost operator +(Cost a, Cost b) => new(a.Flops + b.Flops, a.Bytes + b.Bytes);

    public static Cost operator *(double times, Cost cost) => new(times * cost.Flops, times * cost.Bytes);
}

/// <summary>The costs of captioning, from a model's config.</summary>
/// <param name="config">The sizes.</param>
/// <param name="precision">The decoder's.</param>
/// <param name="encoderPrecision">The image encoder's, also for the image's keys and values.</param>
internal sealed class CaptionCost(BlipConfig config, Precision precision, Precision encoderPrecision)
{
    private readonly VisionConfig vision = config.Vision;
    private readonly TextConfig text = config.Text;

    private double Patches => Math.Pow(vision.ImageSize / vision.PatchSize, 2);

    /// <summary>An image's tokens, with the class token.</summary>
    public double ImageTokens => 1 + Patches;

    private double CrossBytes => CrossBytesOf(ImageTokens);

    private double CrossBytesOf(double sourceTokens) => sizeof(float) * text.Layers * sourceTokens * 2 * text.HiddenSize;

    public Cost Encode(int images) => Encode(images, ImageTokens);

    /// <summary>
    /// Pixels to embeddings, of which only some tokens per image are read. After its keys and values the last layer computes only these.
    /// </summary>
    public Cost Encode(int images, double readTokens)
    {
        double hidden = vision.HiddenSize, tokens = images * ImageTokens, channels = 3 * vision.PatchSize * vision.PatchSize;
        var patches = Linear(encoderPrecision, images * Patches, channels, hidden);
        Cost Layer(double rows) => Linear(encoderPrecision, tokens, hidden, 3 * hidden) + Linear(encoderPrecision, rows, hidden, hidden)
            + Linear(encoderPrecision, rows, hidden, vision.IntermediateSize)
                + Linear(encoderPrecision, rows, vision.IntermediateSize, hidden)
            + new Cost(4 * rows * ImageTokens * hidden, sizeof(float) * 4 * hidden);
        var ends = sizeof(float) * ((images * Patches * channels) + (ImageTokens * hidden) + (tokens * hidden));
        return patches + ((vision.Layers - 1) * Layer(tokens)) + Layer(images * readTokens) + new Cost(0, ends);
    }

    /// <summary>Embeddings to all layers' keys and values of cross-attention.</summary>
    public Cost CrossKeysValues(int images) =>
        (text.Layers * Linear(encoderPrecision, images * ImageTokens, vision.HiddenSize, 2 * text.HiddenSize))
        + new Cost(0, images * (CrossBytes + (sizeof(float) * ImageTokens * vision.HiddenSize)));

    /// <summary>One token per row through the decoder, to logits.</summary>
    /// <param name="images">Images, each with keys and values that its beams share.</param>
    /// <param name="beams">Rows per image.</param>
    /// <param name="context">Positions that each row sees, including its own.</param>
    public Cost Token(int images, int beams, int context) => Token(images, beams, context, ImageTokens);

    /// <summary>The same for a decoder over another source, such as a question.</summary>
    public Cost Token(int sources, int beams, int context, double sourceTokens)
    {
        double hidden = text.HiddenSize, rows = sources * beams;
        var layer = Linear(precision, rows, hidden, 3 * hidden) + (3 * Linear(precision, rows, hidden, hidden))
            + Linear(precision, rows, hidden, text.IntermediateSize) + Linear(precision, rows, text.IntermediateSize, hidden)
            + new Cost(4 * rows * hidden * (context + sourceTokens), sizeof(float) * ((rows * 2 * hidden * (context + 1)) + (6 * hidden)));
        var head = Linear(precision, rows, hidden, hidden) + Linear(precision, rows, hidden, text.VocabularySize);
        return (text.Layers * layer) + head
            + new Cost(0, (sources * CrossBytesOf(sourceTokens)) + (sizeof(float) * rows * text.VocabularySize));
    }

    /// <summary>Encoder, keys and values, and tokens of each row, with only the start token as prompt.</summary>
    public Cost Caption(int images, int beams, int tokens)
    {
        var cost = Encode(images) + CrossKeysValues(images);
        for (var context = 1; context <= tokens; context++)
            cost += Token(images, context == 1 ? 1 : beams, context);
        return cost;
    }

    public static PreparedCase Prepared(Cost cost, Action run, Func<double>? verify = null, IReadOnlyList<IDisposable>? owned = null) =>
        new() { Run = run, Verify = verify, Flops = cost.Flops, Bytes = cost.Bytes, Owned = owned ?? [] };

    public static Cost Linear(Precision precision, double rows, double inFeatures, double outFeatures)
    {
        var weights = inFeatures * outFeatures * precision.ToDType().Bytes();
        var beside = sizeof(float) * outFeatures * precision switch { Precision.Int8 => 2, Precision.W8A8 => 3, _ => 1 };
        return new Cost(2 * rows * inFeatures * outFeatures, weights + beside);
    }
}
