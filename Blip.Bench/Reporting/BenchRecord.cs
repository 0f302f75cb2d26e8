using System.Text.Json.Serialization;

namespace Blip.Bench.Reporting;

/// <summary>One line of a benchmark. Times are in milliseconds of one run; of several runs the median, fastest and slowest.</summary>
internal sealed record BenchRecord
{
    /// <summary>The work: <c>gemm base, feed-forward in [577, 768 -> 3072]</c>, <c>base: encoder</c>.</summary>
    public required string Work { get; init; }

    /// <summary>The device: <c>cpu</c>, <c>opencl:0</c>, <c>cuda:0</c>.</summary>
    public required string Device { get; init; }

    /// <summary>The kernel form: <c>avx512</c>, <c>avx2</c>, <c>portable</c>; empty for the device's choice.</summary>
    public string Variant { get; init; } = "";

    /// <summary>The weights' precision: <c>fp32</c>, <c>fp16</c>, <c>bf16</c>, <c>int8</c>, <c>w8a8</c>.</summary>
    public string Precision { get; init; } = "fp32";

    /// <summary>Our median time; null for a wrong answer.</summary>
    public double? OursMs { get; init; }

    /// <summary>The fastest run of <see cref="OursMs"/>.</summary>
    public double? OursMinMs { get; init; }

    /// <summary>The slowest run of <see cref="OursMs"/>.</summary>
    public double? OursMaxMs { get; init; }

    /// <summary>The root mean square error against float64, as a share of the result's; null: not compared.</summary>
    public double? RmsError { get; init; }

    /// <summary>Additions plus multiplications of one run; 0: none counted.</summary>
    public double Flops { get; init; }

    /// <summary>The least bytes that one run must move: inputs, weights, scales and caches read, results written. 0: not counted.</summary>
    public double Bytes { get; init; }

    /// <summary>Pairs, vectors or questions of one run; 0: none counted.</summary>
    public int Items { get; init; }

    /// <summary>Our process's peak memory in MiB; null: not measured.</summary>
    [JsonPropertyName("ours_mib")]
    public double? OursMebibytes { get; init; }

    /// <summary>The peer process's peak memory in MiB; null: not measured.</summary>
    [JsonPropertyName("peer_mib")]
    public double? PeerMebibytes { get; init; }

    /// <summary>The largest error against the reference in double, as a share of its bound: above 1 is wrong. Null: not compared.</summary>
    public double? Error { get; init; }

    /// <summary>The reason for a missing time, or null.</summary>
    public string? Failure { get; init; }

    /// <summary>The other library: <c>libtorch</c>, <c>onnxruntime</c>; or null.</summary>
    public string? Peer { get; init; }

    /// <summary>The peer's products' format: <c>fp32</c>, <c>bf16</c>, <c>int8</c>; or null.</summary>
    public string? PeerPrecision { get; init; }

    /// <summary>The peer's median time.</summary>
    public double? PeerMs { get; init; }

    /// <summary>The fastest run of <see cref="PeerMs"/>.</summary>
    public double? PeerMinMs { get; init; }

    /// <summary>The slowest run of <see cref="PeerMs"/>.</summary>
    public double? PeerMaxMs { get; init; }

    /// <summary>Our speed relative to the peer's: the median over common rounds.</summary>
    public double? Ratio { get; init; }

    /// <summary>Our worst round.</summary>
    public double? RatioMin { get; init; }

    /// <summary>Our best round.</summary>
    public double? RatioMax { get; init; }

    /// <summary>The ratio to reach.</summary>
    public double? Target { get; init; }

    /// <summary>Billions of operations per second.</summary>
    [JsonPropertyName("gflops")]
    public double? GigaFlops => Flops > 0 ? Flops / OursMs / 1e6 : null;

    /// <summary>Billions of bytes per second.</summary>
    [JsonPropertyName("gbs")]
    public double? GigaBytes => Bytes > 0 ? Bytes / OursMs / 1e6 : null;

    /// <summary>Items per second.</summary>
    public double? PerSecond => Items > 0 ? 1000 * Items / OursMs : null;

    /// <summary>A record of two samples, measured in turns.</summary>
    public static BenchRecord Of(
        string work, string device, string precision, Sample ours, Sample peer, double? target, string peerPrecision = "fp32")
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

    /// <summary>The key that matches lines of two files.</summary>
    [JsonIgnore]
    public (string Work, string Device, string Variant, string Precision, string? Peer) Key => (Work, Device, Variant, Precision, Peer);
}
