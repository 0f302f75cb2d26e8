using Blip.Bench.Measuring;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;

namespace Blip.Bench.Workloads;

/// <summary>Operations and bytes of a piece of work: the necessary arithmetic and the least traffic of memory.</summary>
/// <param name="Flops">Additions and multiplications, each counted.</param>
/// <param name="Bytes">Weights with their scales, caches of keys and values, inputs and results; values between operators are not counted.</param>
internal readonly record struct Cost(double Flops, double Bytes)
{
    public static Cost operator +(Cost a, Cost b) => new(a.Flops + b.Flops, a.Bytes + b.Bytes);

    public static Cost operator *(double times, Cost cost) => new(times * cost.Flops, times * cost.Bytes);
}

/// <summary>The costs of a captioner's works, from its config.</summary>
/// <param name="config">The sizes.</param>
/// <param name="precision">How the decoder's matrices are kept.</param>
/// <param name="encoderPrecision">The precision of the image encoder, and of the layers for the image's keys and values.</param>
internal sealed class CaptionCost(BlipConfig config, Precision precision, Precision encoderPrecision)
{
    private readonly VisionConfig vision = config.Vision;
    private readonly TextConfig text = config.Text;

    private double Patches => Math.Pow(vision.ImageSize / vision.PatchSize, 2);

    /// <summary>An image's tokens, the class token among them.</summary>
    public double ImageTokens => 1 + Patches;

    private double CrossBytes => CrossBytesOf(ImageTokens);

    private double CrossBytesOf(double sourceTokens) => sizeof(float) * text.Layers * sourceTokens * 2 * text.HiddenSize;

    /// <summary>Pixels to embeddings.</summary>
    public Cost Encode(int images) => Encode(images, ImageTokens);

    /// <summary>Pixels to embeddings of which so many tokens of each image are read: behind its keys and values the last layer computes no others.</summary>
    public Cost Encode(int images, double readTokens)
    {
        double hidden = vision.HiddenSize, tokens = images * ImageTokens, channels = 3 * vision.PatchSize * vision.PatchSize;
        var patches = Linear(encoderPrecision, images * Patches, channels, hidden);
        Cost Layer(double rows) => Linear(encoderPrecision, tokens, hidden, 3 * hidden) + Linear(encoderPrecision, rows, hidden, hidden)
            + Linear(encoderPrecision, rows, hidden, vision.IntermediateSize) + Linear(encoderPrecision, rows, vision.IntermediateSize, hidden)
            + new Cost(4 * rows * ImageTokens * hidden, sizeof(float) * 4 * hidden);
        var ends = sizeof(float) * ((images * Patches * channels) + (ImageTokens * hidden) + (tokens * hidden));
        return patches + ((vision.Layers - 1) * Layer(tokens)) + Layer(images * readTokens) + new Cost(0, ends);
    }

    /// <summary>Embeddings to keys and values of every layer's cross-attention.</summary>
    public Cost CrossKeysValues(int images) =>
        (text.Layers * Linear(encoderPrecision, images * ImageTokens, vision.HiddenSize, 2 * text.HiddenSize))
        + new Cost(0, images * (CrossBytes + (sizeof(float) * ImageTokens * vision.HiddenSize)));

    /// <summary>One token of each row through the decoder, to logits.</summary>
    /// <param name="images">Images, whose keys and values the beams of each share.</param>
    /// <param name="beams">Rows per image.</param>
    /// <param name="context">Positions that each row sees, its own counted.</param>
    public Cost Token(int images, int beams, int context) => Token(images, beams, context, ImageTokens);

    /// <summary>The same, where the decoder looks at something else than an image: a question.</summary>
    /// <param name="sources">The decoder's sources, shared by the beams of each.</param>
    /// <param name="beams">Rows per source.</param>
    /// <param name="context">Positions that each row sees, its own counted.</param>
    /// <param name="sourceTokens">Tokens of each source.</param>
    public Cost Token(int sources, int beams, int context, double sourceTokens)
    {
        double hidden = text.HiddenSize, rows = sources * beams;
        var layer = Linear(precision, rows, hidden, 3 * hidden) + (3 * Linear(precision, rows, hidden, hidden))
            + Linear(precision, rows, hidden, text.IntermediateSize) + Linear(precision, rows, text.IntermediateSize, hidden)
            + new Cost(4 * rows * hidden * (context + sourceTokens), sizeof(float) * ((rows * 2 * hidden * (context + 1)) + (6 * hidden)));
        var head = Linear(precision, rows, hidden, hidden) + Linear(precision, rows, hidden, text.VocabularySize);
        return (text.Layers * layer) + head + new Cost(0, (sources * CrossBytesOf(sourceTokens)) + (sizeof(float) * rows * text.VocabularySize));
    }

    /// <summary>Encoder, keys and values, and some tokens of each row; the prompt is the start token alone.</summary>
    public Cost Caption(int images, int beams, int tokens)
    {
        var cost = Encode(images) + CrossKeysValues(images);
        for (var context = 1; context <= tokens; context++)
            cost += Token(images, context == 1 ? 1 : beams, context);
        return cost;
    }

    /// <summary>A prepared case of this cost.</summary>
    public static PreparedCase Prepared(Cost cost, Action run, Func<double>? verify = null, IReadOnlyList<IDisposable>? owned = null) =>
        new() { Run = run, Verify = verify, Flops = cost.Flops, Bytes = cost.Bytes, Owned = owned ?? [] };

    /// <summary>A linear layer over so many rows.</summary>
    public static Cost Linear(Precision precision, double rows, double inFeatures, double outFeatures)
    {
        var weights = inFeatures * outFeatures * precision.ToDType().Bytes();
        var beside = sizeof(float) * outFeatures * precision switch { Precision.Int8 => 2, Precision.W8A8 => 3, _ => 1 };
        return new Cost(2 * rows * inFeatures * outFeatures, weights + beside);
    }
}
