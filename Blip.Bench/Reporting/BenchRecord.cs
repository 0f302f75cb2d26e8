using System.Text.Json.Serialization;

namespace Blip.Bench.Reporting;

/// <summary>
/// One line of a benchmark: the work, the device, the time, and, with <c>peers</c>, how long another library took for the same.
/// Times are in milliseconds of one run; where there were several, the median, and the fastest and the slowest.
/// </summary>
internal sealed record BenchRecord
{
    /// <summary>The work: <c>gemm base, feed-forward in [577, 768 -> 3072]</c>, <c>base: encoder</c>.</summary>
    public required string Work { get; init; }

    /// <summary>Where: <c>cpu</c>, <c>opencl:0</c>, <c>cuda:0</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Which form of the kernels: <c>avx512</c>, <c>avx2</c>, <c>portable</c>; empty for the device's own choice.</summary>
    public string Variant { get; init; } = "";

    /// <summary>How weights are kept: <c>fp32</c>, <c>fp16</c>, <c>bf16</c>, <c>int8</c>.</summary>
    public string Precision { get; init; } = "fp32";

    /// <summary>Median time of ours; null where the answer was wrong, and so not timed.</summary>
    public double? OursMs { get; init; }

    /// <summary>Fastest of the runs behind <see cref="OursMs"/>.</summary>
    public double? OursMinMs { get; init; }

    /// <summary>Slowest of the runs behind <see cref="OursMs"/>.</summary>
    public double? OursMaxMs { get; init; }

    /// <summary>The root mean square of the result's error against float64, as a share of the result's; null: not compared.</summary>
    public double? RmsError { get; init; }

    /// <summary>Additions and multiplications of one run, each counted; 0 where it is not about arithmetic.</summary>
    public double Flops { get; init; }

    /// <summary>Bytes of one run that memory must move at least: inputs, weights, scales and caches read, results written. 0: not counted.</summary>
    public double Bytes { get; init; }

    /// <summary>Pairs, vectors or questions of one run; 0 where nothing is counted.</summary>
    public int Items { get; init; }

    /// <summary>The most memory that our process held, in MiB; null: not measured.</summary>
    [JsonPropertyName("ours_mib")]
    public double? OursMebibytes { get; init; }

    /// <summary>The most memory that the other library's process held, in MiB; null: not measured.</summary>
    [JsonPropertyName("peer_mib")]
    public double? PeerMebibytes { get; init; }

    /// <summary>The largest error against the reference in double, as a share of the tolerance; above 1 is wrong. Null: not compared.</summary>
    public double? Error { get; init; }

    /// <summary>Why there is no time, or null.</summary>
    public string? Failure { get; init; }

    /// <summary>The other library, or null: <c>libtorch</c>, <c>onnxruntime</c>.</summary>
    public string? Peer { get; init; }

    /// <summary>The products' format: <c>fp32</c>, <c>bf16</c>, <c>int8</c>; null without a comparison.</summary>
    public string? PeerPrecision { get; init; }

    /// <summary>Its median time.</summary>
    public double? PeerMs { get; init; }

    /// <summary>Fastest of the runs behind <see cref="PeerMs"/>.</summary>
    public double? PeerMinMs { get; init; }

    /// <summary>Slowest of the runs behind <see cref="PeerMs"/>.</summary>
    public double? PeerMaxMs { get; init; }

    /// <summary>How many times as fast as the peer ours is: the median over the rounds in which both were measured in turns.</summary>
    public double? Ratio { get; init; }

    /// <summary>The round that was worst for ours.</summary>
    public double? RatioMin { get; init; }

    /// <summary>The round that was best for ours.</summary>
    public double? RatioMax { get; init; }

    /// <summary>The ratio that is to be reached.</summary>
    public double? Target { get; init; }

    /// <summary>Billions of operations per second.</summary>
    [JsonPropertyName("gflops")]
    public double? GigaFlops => Flops > 0 ? Flops / OursMs / 1e6 : null;

    /// <summary>Billions of bytes per second.</summary>
    [JsonPropertyName("gbs")]
    public double? GigaBytes => Bytes > 0 ? Bytes / OursMs / 1e6 : null;

    /// <summary>Of those per second.</summary>
    public double? PerSecond => Items > 0 ? 1000 * Items / OursMs : null;

    /// <summary>A record of two that were measured in turns.</summary>
    public static BenchRecord Of(string work, string device, string precision, Sample ours, Sample peer, double? target, string peerPrecision = "fp32")
    {
        var speed = ours.SpeedAgainst(peer);
        return new BenchRecord
        {
            Work = work,
            Device = device,
            Precision = precision,
            OursMs = ours.Median,
            OursMinMs = ours.Min,
            OursMaxMs = ours.Max,
            Peer = peer.Name,
            PeerPrecision = peerPrecision,
            PeerMs = peer.Median,
            PeerMinMs = peer.Min,
            PeerMaxMs = peer.Max,
            Ratio = speed.Median,
            RatioMin = speed.Min,
            RatioMax = speed.Max,
            Target = target,
        };
    }

    /// <summary>The common key of a line and its counterpart in another file.</summary>
    [JsonIgnore]
    public (string Work, string Device, string Variant, string Precision, string? Peer) Key => (Work, Device, Variant, Precision, Peer);
}
