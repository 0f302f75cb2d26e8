namespace Blip.Bench.Peers;

/// <summary>How many times as fast as the peer a work is to be, two cores, base size.</summary>
internal static class Targets
{
    private static readonly Dictionary<(string Work, string Precision), double> s_ratios = new()
    {
        [("encoder", "fp32")] = 1.35,
        [("caption", "fp32")] = 1.4,
        [("caption", "bf16")] = 1.7,
        [("caption", "int8")] = 2.0,
        [("caption-onnx", "fp32")] = 1.3,
        [("caption-batch16", "fp32")] = 1.3,
        [("caption-avx2", "fp32")] = 1.2,
        [(TrainPeersCommand.Word, "fp32")] = 1.4,
        // A process from its start against a caption of a model that is loaded and warm.
        [("cold-start", "fp32")] = 1 / 1.75,
        [("cold-start-cache", "fp32")] = 1 / 1.75,
        [("caption-opencl", "fp32")] = 1 / 2.5,
    };

    /// <summary>The ratio, or null where none is set.</summary>
    public static double? Of(string work, string precision) => s_ratios.TryGetValue((work, precision), out var ratio) ? ratio : null;
}
