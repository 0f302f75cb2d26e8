using Blip.Kernels;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Passes;

namespace Blip.Runtime.Models;

/// <summary>How a model is put on a device.</summary>
internal sealed record ModelOptions
{
    /// <summary>The format of the decoder's matrices, which are read again for every word.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>
    /// How those are stored that are read once per image: the image encoder's, and those of the decoder that make keys and values of the
    /// image. Null: the format of <see cref="PrecisionExtensions.ForEncoder"/>.
    /// </summary>
    public Precision? EncoderPrecision { get; init; }

    /// <summary>
    /// Keeps the packed weights in a file, so that the next load need not pack them. It is checked each time, written anew where it does not
    /// fit, and may be deleted at any time.
    /// </summary>
    public bool Cache { get; init; }

    /// <summary>The folder of that file; null for the place beside the model's weights.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>Whose answers it gives where BLIP's implementations differ.</summary>
    public Compat Compat { get; init; }

    /// <summary>Whether a captioner's decoder has a draft.</summary>
    public DraftMode Draft { get; init; } = DraftMode.Off;

    /// <summary>Which graph passes are applied; for tests, and to see what each gains.</summary>
    public PassSet Passes { get; init; } = PassSet.All;

    /// <summary>Told how much of the weights is read; may be null.</summary>
    internal Action<double>? OnRead { get; init; }

    /// <summary>Ends the loading.</summary>
    internal CancellationToken CancellationToken { get; init; }

    /// <summary>Plans that are kept for each graph: as many sizes of batches and images find theirs ready.</summary>
    internal int KeptPlans { get; init; } = 16;

    /// <summary>The precisions in a cache's name: <c>fp32</c>, or <c>int8-fp32</c> where the image encoder has another one.</summary>
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
        // Pixels in 8 bits are most of what w8a8 would cost the matching head; their product is 1 % of the encoder's.
        return format == DType.W8A8 && matrix.Keys[0].EndsWith(".patch_embedding.weight", StringComparison.Ordinal) ? DType.Int8 : format;
    }

    // Keys and values of the image are computed over all its tokens at once, as the encoder is.
    private static bool ReadsImages(Matrix matrix) =>
        matrix.Keys[0].StartsWith("vision_model.", StringComparison.Ordinal)
        || matrix.Keys[0].EndsWith(".crossattention.self.key.weight", StringComparison.Ordinal)
        || matrix.Keys[0].EndsWith(".crossattention.self.value.weight", StringComparison.Ordinal);
}
