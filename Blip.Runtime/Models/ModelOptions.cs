using Blip.Kernels;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Passes;

namespace Blip.Runtime.Models;

internal sealed record ModelOptions
{
    /// <summary>The format of the decoder's matrices, which every token reads again.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>
    /// The format of the matrices that are read once per image: the image encoder's, and the decoder's that make the image's keys and
    /// values. Null: <see cref="PrecisionExtensions.ForEncoder"/>.
    /// </summary>
    public Precision? EncoderPrecision { get; init; }

    /// <summary>
    /// Keeps the packed weights in a file, so that later loads need not pack them. The file is checked at each load, rewritten if it does
    /// not fit, and may be deleted at any time.
    /// </summary>
    public bool Cache { get; init; }

    /// <summary>The folder of that file; null: beside the model's weights.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>The implementation to follow where BLIP's two differ.</summary>
    public Compat Compat { get; init; }

    public DraftMode Draft { get; init; } = DraftMode.Off;

    /// <summary>The graph passes to apply; for tests and comparisons.</summary>
    public PassSet Passes { get; init; } = PassSet.All;

    /// <summary>Receives the share of the weights read so far; may be null.</summary>
    internal Action<double>? OnRead { get; init; }

    /// <summary>Cancels loading.</summary>
    internal CancellationToken CancellationToken { get; init; }

    /// <summary>Plans kept for each graph, one per batch and image size.</summary>
    internal int KeptPlans { get; init; } = 16;

    /// <summary>The precisions in a cache's file name: <c>fp32</c>, or <c>int8-fp32</c> if the image encoder's differs.</summary>
    internal string Kind
    {
        get
        {
            var encoder = EncoderPrecision ?? Precision.ForEncoder();
            return (encoder == Precision ? $"{Precision}" : $"{Precision}-{encoder}").ToLowerInvariant();
        }
    }

    internal DType FormatOf(Matrix matrix)
    {
        var format = (ReadsImages(matrix) ? EncoderPrecision ?? Precision.ForEncoder() : Precision).ToDType();
        // 8-bit pixels would cause most of w8a8's error in the matching head; their product is 1 % of the encoder's.
        return format == DType.W8A8 && matrix.Keys[0].EndsWith(".patch_embedding.weight", StringComparison.Ordinal) ? DType.Int8 : format;
    }

    // Keys and values of the image are computed over all its tokens at once, like the encoder.
    private static bool ReadsImages(Matrix matrix) =>
        matrix.Keys[0].StartsWith("vision_model.", StringComparison.Ordinal)
        || matrix.Keys[0].EndsWith(".crossattention.self.key.weight", StringComparison.Ordinal)
        || matrix.Keys[0].EndsWith(".crossattention.self.value.weight", StringComparison.Ordinal);
}
