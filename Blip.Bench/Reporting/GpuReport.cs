using System.Globalization;
using System.Text;
using System.Text.Json;
using Blip.Verification.Cases;

namespace Blip.Bench.Reporting;

/// <summary>A step of a run on a GPU machine.</summary>
/// <param name="Name">The work.</param>
/// <param name="Outcome"><c>passed</c>, <c>failed</c> or <c>skipped</c>.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Log">The file with its output, beside the report.</param>
/// <param name="Detail">The numbers of a test run, or why it was skipped.</param>
internal sealed record GpuStep(string Name, string Outcome, double Seconds, string Log, string Detail);

/// <summary>A time of another library.</summary>
/// <param name="Work">As ours call it, without the name of the model or the case: <c>encoder, batch 32</c>.</param>
/// <param name="Peer">Which library, and how: <c>transformers, eager</c>.</param>
/// <param name="Ms">The median.</param>
internal sealed record PeerTime(string Work, string Peer, double Ms);

/// <summary>The targets of a peer's times.</summary>
/// <param name="Work">The work.</param>
/// <param name="Peer">The peer.</param>
/// <param name="Ratio">How many times as fast ours is to be.</param>
internal sealed record GpuTarget(string Work, string Peer, double Ratio);

/// <summary>A run of <c>eng/gpu.sh</c>: its steps, the benchmarks, and the peers' times, from a folder that it filled.</summary>
internal sealed record GpuReport
{
    private const string Precision = "fp16";

    /// <summary>The targets, for fp16 on a GPU of the H200's kind.</summary>
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

    /// <summary>The machine, as its own tools describe it: a name and a value.</summary>
    public required IReadOnlyDictionary<string, string> Machine { get; init; }

    /// <summary>The works, in order.</summary>
    public required IReadOnlyList<GpuStep> Steps { get; init; }

    /// <summary>The benchmarks' records.</summary>
    public required IReadOnlyList<BenchRecord> Records { get; init; }

    /// <summary>The peers' times; none where they are not installed.</summary>
    public required IReadOnlyList<PeerTime> Peers { get; init; }

    /// <summary>Steps that failed, and records without a right answer.</summary>
    public int Failures => Steps.Count(step => step.Outcome == "failed") + Records.Count(record => record.Failure is not null);

    /// <summary>Reads a folder.</summary>
    /// <exception cref="InvalidDataException">A file of it is missing or damaged; the message names it.</exception>
    public static GpuReport Read(string folder)
    {
        var peers = Path.Combine(folder, "peers.json");
        return new GpuReport
        {
            Machine = Lines(folder, "machine.tsv").ToDictionary(line => line[0], line => line[1]),
            Steps = [.. Lines(folder, "steps.tsv").Select(line => new GpuStep(line[0], line[1], Seconds(line[2], folder), line[3], line[4]))],
            Records = [.. Directory.GetFiles(folder, "bench-*.json").Order().SelectMany(file => BenchFile.Read(file).Records)],
            Peers = File.Exists(peers) ? ReadPeers(peers) : [],
        };
    }

    /// <summary>Writes <c>report.json</c> and <c>report.md</c> to the folder.</summary>
    public void Write(string folder)
    {
        File.WriteAllText(Path.Combine(folder, "report.json"), JsonSerializer.Serialize(this, Json) + "\n");
        File.WriteAllText(Path.Combine(folder, "report.md"), Markdown());
    }

    /// <summary>The report for people.</summary>
    public string Markdown()
    {
        var text = new StringBuilder("# A run on a GPU machine\n\n");
        foreach (var (name, value) in Machine)
            text.AppendLine(CultureInfo.InvariantCulture, $"- {name}: {value}");
        text.AppendLine();
        RecordTable.Append(text, ["step", "outcome", "s:", "detail", "log"],
            [.. Steps.Select(step => (IReadOnlyList<string>)[step.Name, step.Outcome, step.Seconds.ToString("F1", CultureInfo.InvariantCulture), step.Detail, step.Log])]);
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
        var ours = Records.FirstOrDefault(record => record.Precision == Precision && record.Work.EndsWith($" {peer.Work}", StringComparison.Ordinal))?.OursMs;
        var ratio = peer.Ms / ours;
        var target = Targets.FirstOrDefault(target => target.Work == peer.Work && peer.Peer.StartsWith(target.Peer, StringComparison.Ordinal));
        return
        [
            peer.Work, peer.Peer, ours is { } ms ? RecordTable.Milliseconds(ms) : "", RecordTable.Milliseconds(peer.Ms), ratio?.ToString("F2", CultureInfo.InvariantCulture) ?? "",
            target is null || ratio is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{target.Ratio} {(ratio >= target.Ratio ? "met" : "missed")}"),
        ];
    }

    private static IEnumerable<string[]> Lines(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path))
            throw new InvalidDataException($"'{path}' is missing: eng/gpu.sh run writes it.");
        return File.ReadLines(path).Where(line => line.Length > 0).Select(line => line.Split('\t'));
    }

    private static double Seconds(string text, string folder) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
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
