namespace Blip.Bench.Peers;

/// <summary>Required speed ratios to peers, on two cores, base size.</summary>
internal static class Targets
{
    private static readonly Dictionary<(string Work, string Precision), double> Ratios = new()
    {
        [("encoder-bf16", "bf16")] = 1.4,
        [("encoder-onnx", "bf16")] = 2.0,
        [("encoder-onnx", "w8a8")] = 3.1,
        [("caption", "fp32")] = 1.6,
        [("caption-bf16", "bf16")] = 1.4,
        [("caption-onnx", "fp32")] = 1.3,
        [("caption-onnx-int8", "w8a8")] = 1.3,
        [("caption-batch16", "fp32")] = 1.3,
        [("caption-batch16-bf16", "bf16")] = 1.3,
        [("match", "fp32")] = 1.5,
        [("embed-image", "fp32")] = 1.3,
        [("caption-avx2", "fp32")] = 1.2,
        [(TrainPeersCommand.Word, "fp32")] = 1.4,
        [(TrainPeersCommand.Word, "bf16")] = 1.2,
        // A whole process against a caption of a warm, loaded model.
        [("cold-start", "fp32")] = 1 / 1.75,
        [("cold-start-cache", "fp32")] = 1 / 1.75,
        [("caption-opencl", "fp32")] = 1 / 2.5,
    };

    /// <summary>The ratio, or null.</summary>
    public static double? Of(string work, string precision) => Ratios.TryGetValue((work, precision), out var ratio) ? ratio : null;
}
