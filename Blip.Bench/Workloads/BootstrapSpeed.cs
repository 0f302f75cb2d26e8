using System.Diagnostics;
using Blip.Bootstrapping;
using Blip.Bootstrapping.Queues;
using Blip.Datasets.Shapes;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Pipelines;

namespace Blip.Bench.Workloads;

/// <summary>
/// The rate of a bootstrap run, beside captioner and matcher alone over the same files and batches, in turns in one process.
/// </summary>
internal sealed class BootstrapSpeed
{
    private const int TextsOfAnImage = 2;

    public required string Captioner { get; init; }

    public required string Filter { get; init; }

    public required int Images { get; init; }

    public required int BatchSize { get; init; }

    public required int Rounds { get; init; }

    public required string Device { get; init; }

    /// <summary>Measures all in turns, by rounds.</summary>
    public async Task<BootstrapTimes> MeasureAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("blip-bench-").FullName;
        try
        {
            var web = Path.Combine(folder, "web");
            var files = WriteImages(web);
            var options = new CapFiltOptions { Device = Device, BatchSize = BatchSize, VocabularyFile = Vocabulary(folder) };
            var captions = new CaptionOptions { Generation = options.Generation, Prompt = options.Prompt };
            using var captioner = Runtime.Pipelines.Captioner.Load(
                Captioner, new CaptionerOptions { Device = Device, BatchSize = BatchSize, VocabularyFile = options.VocabularyFile });
            using var matcher = Matcher.Load(
                Filter,
                new MatcherOptions
                {
                    Device = Device,
                    BatchSize = BatchSize,
                    VocabularyFile = options.VocabularyFile,
                    ImageCacheBytes = 0,
                });
            // As many tokens as the captions that the filter reads.
            var sample = captioner.Caption(files[0], captions, cancellationToken).Text!;
            string[] texts = [.. Enumerable.Range(0, TextsOfAnImage)
                .Select(i => $"{sample} {(i == 0 ? "" : sample.Split(' ')[0])}".Trim())];
            var contenders = new (string Name, Func<Task<double>> Run)[]
            {
                ("captioner alone", () => TimeAsync(async () => await captioner.CaptionAllAsync(
                    Sources(files), captions, cancellationToken).CountAsync(cancellationToken))),
                ("matcher alone, 2 texts an image", () => TimeAsync(async () => await matcher.MatchAllAsync(
                    Sources(files), texts, new MatchOptions { EncoderToken = true, MaxTextTokens = options.MaxTextTokens },
                    cancellationToken).CountAsync(cancellationToken))),
                ("bootstrap run, images encoded twice",
                    () => RunAsync(web, folder, options with { SharesEncoder = false }, cancellationToken)),
                ("bootstrap run", () => RunAsync(web, folder, options, cancellationToken)),
            };
            var seconds = contenders.Select(_ => new List<double>()).ToArray();
            for (var round = -1; round < Rounds; round++)
            {
                for (var turn = 0; turn < contenders.Length; turn++)
                {
                    // Every other round runs backwards, so that neighbours change.
                    var i = round % 2 == 0 ? turn : contenders.Length - 1 - turn;
                    var took = await contenders[i].Run();
                    if (round >= 0)
                        seconds[i].Add(took);
                }
            }
            var times = contenders.Zip(
                seconds, (contender, all) => new BootstrapTime(contender.Name, all.Order().ElementAt(all.Count / 2))).ToList();
            return new BootstrapTimes(
                times, Shares: Runtime.Models.SharedEncoder.Is(ModelSource.Resolve(Captioner), ModelSource.Resolve(Filter)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<ImageSource> Sources(IEnumerable<string> files) => files.Select(file => ImageSource.FromFile(file));

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // Loading is not timed: it happens once per run.
    private async Task<double> RunAsync(string web, string folder, CapFiltOptions models, CancellationToken cancellationToken)
    {
        var request = new BootstrapRequest
        {
            Sources = [web],
            Captioner = Captioner,
            Filter = Filter,
            Output = Path.Combine(folder, $"run-{Guid.NewGuid():N}"),
            Options = new BootstrapOptions { Models = models },
        };
        using var run = await Bootstrapper.OpenAsync(request);
        return await TimeAsync(async () =>
        {
            var result = await run.RunAsync(new ShardList(run.OpenShards), stop: cancellationToken);
            if (result.Failures.Count > 0)
                throw new InvalidDataException(result.Failures[0].Error);
        });
    }

    private List<string> WriteImages(string web)
    {
        Directory.CreateDirectory(web);
        var pairs = new NoisyPairs();
        return [.. Enumerable.Range(0, Images).Select(i =>
        {
            var file = Path.Combine(web, $"{i:0000}.png");
            var pair = pairs.Pair(i);
            File.WriteAllBytes(file, SceneRenderer.RenderPng(pair.Scene));
            File.WriteAllText(Path.ChangeExtension(file, ".txt"), pair.Text);
            return file;
        })];
    }

    // Synthetic weights have no vocabulary, which the filter needs: each token gets a separate word.
    private string? Vocabulary(string folder)
    {
        var source = ModelSource.Resolve(Captioner);
        if (!source.IsSynthetic)
            return null;
        var file = Path.Combine(folder, "vocab.txt");
        string[] special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
        File.WriteAllLines(
            file, special.Concat(Enumerable.Range(special.Length, source.Config.Text.VocabularySize - special.Length - 2).Select(Word)));
        return file;

        static string Word(int number)
        {
            var word = "";
            for (; number > 0; number /= 26)
                word += (char)('a' + (number % 26));
            return "w" + word;
        }
    }
}

/// <summary>One contender's median time.</summary>
internal sealed record BootstrapTime(string Name, double Seconds);

/// <summary>All times.</summary>
/// <param name="All">Captioner alone, matcher alone, a run that encodes images twice, a run as users run it.</param>
/// <param name="Shares">Whether both models share an image encoder.</param>
internal sealed record BootstrapTimes(IReadOnlyList<BootstrapTime> All, bool Shares)
{
    /// <summary>A run's rate relative to both models in sequence, each encoding its images.</summary>
    public double ShareApart => (All[0].Seconds + All[1].Seconds) / All[2].Seconds;

    /// <summary>The same for a run that shares the encoder if possible.</summary>
    public double Share => (All[0].Seconds + All[1].Seconds) / All[3].Seconds;
}
