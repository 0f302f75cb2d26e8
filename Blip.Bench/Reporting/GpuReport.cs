using System.Globalization;
using System.Text;
using System.Text.Json;
using Blip.Verification.Cases;

namespace Blip.Bench.Reporting;

/// <summary>A step of a run on a GPU machine.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Outcome"><c>passed</c>, <c>failed</c> or <c>skipped</c>.</param>
/// <param name="Seconds">Its time.</param>
/// <param name="Log">Its output's file, beside the report.</param>
/// <param name="Detail">A test run's numbers, or the reason to skip.</param>
internal sealed record GpuStep(string Name, string Outcome, double Seconds, string Log, string Detail);

/// <summary>A time of another library.</summary>
/// <param name="Work">Our name for the work, without model or case: <c>encoder, batch 32</c>.</param>
/// <param name="Peer">The library and its mode: <c>transformers, eager</c>.</param>
/// <param name="Ms">The median.</param>
internal sealed record PeerTime(string Work, string Peer, double Ms);

/// <summary>A target relative to a peer.</summary>
/// <param name="Work">The work.</param>
/// <param name="Peer">The peer.</param>
/// <param name="Ratio">The required speed ratio.</param>
internal sealed record GpuTarget(string Work, string Peer, double Ratio);

/// <summary>A run of <c>eng/gpu.sh</c>, from its folder: steps, benchmarks, and peers' times.</summary>
internal sealed record GpuReport
{
    private const string Precision = "fp16";

    /// <summary>The targets for fp16 on a GPU like the H200.</summary>
    public static readonly IReadOnlyList<GpuTarget> Targets =
    [
        new("caption of 20 tokens", "transformers", 5),
        new("caption of 20 tokens", "expert", 1.3),
        new("caption of 20 tokens, batch 64", "transformers", 1.3),
        new("caption of 20 tokens, batch 64, 3 beams", "transformers", 2),
        .. GemmCases.Batches.Select(gemm => new GpuTarget($"[{gemm.Rows}, {gemm.InFeatures} -> {gemm.OutFeatures}]", "cuBLAS", 0.7)),
    ];

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Names and values from the machine's own tools.</summary>
    public required IReadOnlyDictionary<string, string> Machine { get; init; }

    /// <summary>The steps, in order.</summary>
    public required IReadOnlyList<GpuStep> Steps { get; init; }

    public required IReadOnlyList<BenchRecord> Records { get; init; }

    /// <summary>The peers' times, if installed.</summary>
    public required IReadOnlyList<PeerTime> Peers { get; init; }

    /// <summary>Failed steps, plus records without a right answer.</summary>
    public int Failures => Steps.Count(step => step.Outcome == "failed") + Records.Count(record => record.Failure is not null);

    /// <summary>Reads a folder.</summary>
    /// <exception cref="InvalidDataException">A file is missing or damaged; the message names it.</exception>
    public static GpuReport Read(string folder)
    {
        var peers = Path.Combine(folder, "peers.json");
        return new GpuReport
        {
            Machine = Lines(folder, "machine.tsv").ToDictionary(line => line[0], line => line[1]),
            Steps = [.. Lines(folder, "steps.tsv")
                .Select(line => new GpuStep(line[0], line[1], Seconds(line[2], folder), line[3], line[4]))],
            Records = [.. Directory.GetFiles(folder, "bench-*.json").Order().SelectMany(file => BenchFile.Read(file).Records)],
            Peers = File.Exists(peers) ? ReadPeers(peers) : [],
        };
    }

    /// <summary>Writes <c>report.json</c> and <c>report.md</c>.</summary>
    public void Write(string folder)
    {
        File.WriteAllText(Path.Combine(folder, "report.json"), JsonSerializer.Serialize(this, Json) + "\n");
        File.WriteAllText(Path.Combine(folder, "report.md"), Markdown());
    }

    public string Markdown()
    {
        var text = new StringBuilder("# A run on a GPU machine\n\n");
        foreach (var (name, value) in Machine)
            text.AppendLine(CultureInfo.InvariantCulture, $"- {name}: {value}");
        text.AppendLine();
        RecordTable.Append(text, ["step", "outcome", "s:", "detail", "log"],
            [.. Steps.Select(step =>
                (IReadOnlyList<string>)[step.Name, step.Outcome, step.Seconds.ToString("F1", CultureInfo.InvariantCulture), step.Detail,
                    step.Log])]);
        if (Peers.Count > 0)
        {
            text.AppendLine("\n## Beside other libraries, fp16\n");
            RecordTable.Append(text, ["work", "peer", "ours, ms:", "peer, ms:", "times as fast:", "target"], [.. Peers.Select(Compare)]);
        }
        if (Records.Count > 0)
        {
            text.AppendLine("\n## Benchmarks\n");
            text.Append(RecordTable.Markdown(BenchFile.Here("eng/gpu.sh run") with { Records = Records }));
        }
        text.AppendLine(CultureInfo.InvariantCulture, $"\n{Steps.Count} steps, {Failures} failures");
        return text.ToString();
    }

    private IReadOnlyList<string> Compare(PeerTime peer)
    {
        var ours = Records.FirstOrDefault(
            record => record.Precision == Precision && record.Work.EndsWith($" {peer.Work}", StringComparison.Ordinal))?.OursMs;
        var ratio = peer.Ms / ours;
        var target = Targets.FirstOrDefault(
            target => target.Work == peer.Work && peer.Peer.StartsWith(target.Peer, StringComparison.Ordinal));
        return
        [
            peer.Work, peer.Peer, ours is { } ms
                ? RecordTable.Milliseconds(ms)
                : "", RecordTable.Milliseconds(peer.Ms), ratio?.ToString("F2", CultureInfo.InvariantCulture) ?? "",
            target is null || ratio is null
                ? ""
                : string.Create(CultureInfo.InvariantCulture, $"{target.Ratio} {(ratio >= target.Ratio ? "met" : "missed")}"),
        ];
    }

    private static IEnumerable<string[]> Lines(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path))
            throw new InvalidDataException($"'{path}' is missing: eng/gpu.sh run writes it.");
        return File.ReadLines(path).Where(line => line.Length > 0).Select(line => line.Split('\t'));
    }

    private static double Seconds(string text, string folder) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
        ? seconds : throw new InvalidDataException($"steps.tsv in '{folder}' says '{text}' where seconds should be.");

    private static PeerTime[] ReadPeers(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<PeerTime[]>(File.ReadAllBytes(path), Json) ?? [];
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{path}' holds no times of peers: {e.Message}", e);
        }
    }
}
