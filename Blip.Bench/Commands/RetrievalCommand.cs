using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Blip.Bench.Measuring;
using Blip.Bench.Reporting;
using Blip.Bench.Workloads;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Retrieval;

namespace Blip.Bench.Commands;

internal sealed class RetrievalCommand : Command
{
    private static readonly Effort Full = new(15, TimeSpan.FromMilliseconds(200)), Brief = new(1, TimeSpan.FromMilliseconds(1));

    private static readonly (int Queries, int K)[] Searches = [(1, 10), (1, 256), (8, 10), (64, 10)];

    private readonly TextWriter output;
    private readonly Option<int> count = new("--count")
    {
        Description = "Embeddings.",
        HelpName = "n",
        DefaultValueFactory = _ => 1_000_000,
    };
    private readonly Option<int> batch = new("--batch")
    {
        Description = "Embeddings of one addition, each of which is on disk before the next.",
        HelpName = "n",
        DefaultValueFactory = _ => 10_000,
    };
    private readonly Option<string?> index = new("--index")
    {
        Description = "Where the index lies; one that is there is gone on with. [default: artifacts/bench/retrieval.index]",
        HelpName = "FILE",
    };
    private readonly Option<bool> fill = new("--fill-only")
    {
        Description = "Adds the embeddings, and says after each addition how many are on disk.",
    };
    private readonly Option<bool> isShort = BenchOptions.Short("One search of each kind that is timed, in place of fifteen rounds.");
    private readonly Option<string?> json = BenchOptions.Json();
    private readonly Option<bool> save = BenchOptions.Save();

    public RetrievalCommand(TextWriter output)
        : base("retrieval",
            "Writes, opens and searches an index of made-up embeddings, and compares what it finds with brute force in double.")
    {
        this.output = output;
        foreach (var option in (Option<int>[])[count, batch])
        {
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() < 1)
                    result.AddError($"{option.Name} is {result.GetValueOrDefault<int>()}; it must be at least 1.");
            });
        }
        foreach (var option in (Option[])[count, batch, index, fill, isShort, json, save])
            Add(option);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        Artifacts.Check(parsed.GetValue(save));
        Directory.CreateDirectory(BenchRun.Folder);
        var path = parsed.GetValue(index) ?? Path.Combine(BenchRun.Folder, "retrieval.index");
        var wanted = parsed.GetValue(count);
        var only = parsed.GetValue(fill);
        using (var written = MadeIndex.Open(path))
        {
            foreach (var notice in written.Notices)
                output.WriteLine(notice);
            var (before, watch) = (written.Count, Stopwatch.StartNew());
            MadeIndex.Fill(written, wanted, parsed.GetValue(batch), done =>
            {
                if (!only)
                    return;
                output.WriteLine($"on disk: {done}");
                output.Flush();
            });
            if (written.Count > before)
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"added {written.Count - before} embeddings in {watch.Elapsed.TotalSeconds:F1} s, "
                        + $"{(written.Count - before) / watch.Elapsed.TotalSeconds:F0} a second"));
        }
        return only ? 0 : Search(parsed, path);
    }

    private int Search(ParseResult parsed, string path)
    {
        var watch = Stopwatch.StartNew();
        using var opened = EmbeddingIndex.OpenRead(path, MadeIndex.Dimension, MadeIndex.Model);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"opened {opened.Count} embeddings, every checksum looked at, in {watch.Elapsed.TotalMilliseconds:F0} ms; the list of entries "
                + $"takes {GC.GetTotalMemory(forceFullCollection: true) / 1e6:F0} MB, {new FileInfo(path).Length / 1e6:F0} MB on disk"));
        using var device = Device.Open("cpu");
        var run = new BenchRun(parsed, output, parsed.GetValue(json));
        run.MeasurePeak(device);
        run.Measure(Searches.Select(search => Case(opened, device, search.Queries, search.K)), parsed.GetValue(isShort) ? Brief : Full);
        var process = Process.GetCurrentProcess();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"peak working set {process.PeakWorkingSet64 / (1 << 20)} MiB, the mapped file among it with "
                + $"{(double)opened.Count * MadeIndex.Dimension * sizeof(float) / (1 << 20):F0} MiB; allocated "
                + $"{GC.GetTotalMemory(forceFullCollection: true) / 1e6:F0} MB"));
        return run.Finish(parsed.GetValue(save), "retrieval");
    }

    private BenchCase Case(EmbeddingIndex opened, Device device, int queries, int k) => new(
        $"retrieval {k} of {opened.Count}, {queries} {(queries == 1 ? "query" : "queries")}",
        device.Description.Id,
        () =>
        {
            float[] values = [.. Enumerable.Range(0, queries).SelectMany(MadeIndex.Query)];
            IndexHit[][] found = [];
            return new PreparedCase
            {
                Run = () => found = opened.Search(device, values, k),
                Verify = () => Verify(opened.Count, values, found, k),
                Flops = 2.0 * opened.Count * MadeIndex.Dimension * queries,
                Bytes = (double)opened.Count * MadeIndex.Dimension * sizeof(float),
            };
        });

    // Brute force over regenerated vectors trusts neither index, files nor search.
    private double Verify(int count, float[] queries, IndexHit[][] found, int k)
    {
        const int Piece = 4096;
        var best = Enumerable.Range(0, found.Length).Select(_ => new List<SearchHit>()).ToArray();
        Parallel.For(0, (count + Piece - 1) / Piece, piece =>
        {
            var vector = new float[MadeIndex.Dimension];
            var here = Enumerable.Range(0, found.Length).Select(_ => new List<SearchHit>()).ToArray();
            for (var i = piece * Piece; i < Math.Min(count, (piece + 1) * Piece); i++)
            {
                MadeIndex.Make(i, vector);
                for (var query = 0; query < found.Length; query++)
                {
                    var score = 0.0;
                    for (var c = 0; c < vector.Length; c++)
                        score += (double)vector[c] * queries[(query * MadeIndex.Dimension) + c];
                    here[query].Add(new SearchHit(i, score));
                }
            }
            for (var query = 0; query < found.Length; query++)
            {
                var first = here[query].Order().Take(k).ToList();
                lock (best[query])
                    best[query].AddRange(first);
            }
        });
        var right = 0;
        for (var query = 0; query < found.Length; query++)
        {
            var expected = best[query].Order().Take(k).Select(hit => new IndexHit(MadeIndex.Entry(hit.Position), hit.Score));
            right += expected.SequenceEqual(found[query]) ? 1 : 0;
        }
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{right} of {found.Length} queries find what brute force in double finds, in its order and with its scores"));
        return PreparedCase.Exact(right == found.Length);
    }
}
