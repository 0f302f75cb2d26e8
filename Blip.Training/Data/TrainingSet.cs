using System.IO.Hashing;
using System.Runtime.CompilerServices;
using Blip.Runtime.Pipelines;

namespace Blip.Training.Data;

/// <summary>
/// The usable pairs of a data set, in an order that follows from seed and epoch alone. The parts are shuffled, then the pairs within each.
/// One part is in memory at a time.
/// </summary>
internal sealed class TrainingSet
{
    private readonly ITrainingSource source;

    // For each part, the indices of samples and of their texts.
    private readonly IReadOnlyList<IReadOnlyList<(int Sample, int Text)>> parts;

    private TrainingSet(ITrainingSource source, IReadOnlyList<IReadOnlyList<(int, int)>> parts, DataReport report) =>
        (this.source, this.parts, Report) = (source, parts, report);

    /// <summary>The hash of images and texts, in order.</summary>
    public required string Fingerprint { get; init; }

    public DataReport Report { get; }

    public int Count => parts.Sum(part => part.Count);

    /// <summary>Reads a data set once and keeps the usable samples. The number of threads has no effect on the result.</summary>
    /// <exception cref="TrainingException">Nothing is usable; the message says why.</exception>
    public static async Task<TrainingSet> OpenAsync(
        ITrainingSource source, DataCheck check, int threads, CancellationToken cancellationToken = default)
    {
        var (parts, content) = (new List<IReadOnlyList<(int, int)>>(), new XxHash128());
        foreach (var (part, name) in source.Parts.Index())
        {
            var (entries, place) = (new List<(int, int)>(), 0);
            var found = source.ReadAsync(part, cancellationToken)
                .SelectAheadAsync(sample => check.Look(name, sample), 2 * threads, cancellationToken, threads);
            await foreach (var one in found.ConfigureAwait(false))
            {
                var sample = check.Add(one);
                content.Append(BitConverter.GetBytes(sample.Content));
                if (sample.Error is null)
                    entries.AddRange(sample.UsableTexts.Select(text => (place, text)));
                place++;
            }
            parts.Add(entries);
        }
        var set = new TrainingSet(source, parts, check.Report) { Fingerprint = Convert.ToHexStringLower(content.GetCurrentHash()) };
        return set.Count > 0
            ? set
            : throw new TrainingException($"there is nothing to learn from: {string.Join("; ", Reasons(check.Report))}");
    }

    /// <summary>The pairs of an epoch (from 0), without the first <paramref name="skip"/>. Skipped whole parts are not read.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="skip"/> is negative.</exception>
    public async IAsyncEnumerable<TrainingItem> ReadAsync(
        long seed, int epoch, bool shuffle, long skip = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        int[] order = [.. Enumerable.Range(0, parts.Count)];
        if (shuffle)
            Shuffle(order, new SampleRandom(seed, epoch, "", RandomPurpose.Order));
        foreach (var part in order)
        {
            (int Sample, int Text)[] entries = [.. parts[part]];
            if (shuffle)
                Shuffle(entries, new SampleRandom(seed, epoch, $"part {part}", RandomPurpose.Order));
            var left = (int)Math.Min(skip, entries.Length);
            skip -= left;
            if (left == entries.Length)
                continue;
            var samples = await ReadPartAsync(part, cancellationToken).ConfigureAwait(false);
            foreach (var (place, text) in entries.AsEnumerable().Skip(left))
            {
                var sample = samples[place];
                yield return new TrainingItem($"{part}/{sample.Key}#{text}", sample.Image!, sample.Texts[text], sample.Answers)
                {
                    Second = sample.Second,
                    IsTrue = sample.IsTrue,
                };
            }
        }
    }

    private static IEnumerable<string> Reasons(DataReport report)
    {
        if (report.Samples == 0)
            yield return "the data set is empty";
        foreach (var sentence in report.Sentences(maxTokens: 0, maxWords: 0).Skip(1))
            yield return sentence;
    }

    // Fisher-Yates, from the end.
    private static void Shuffle<T>(T[] items, SampleRandom random)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var other = random.Below(i + 1);
            (items[i], items[other]) = (items[other], items[i]);
        }
    }

    private async Task<List<TrainingSample>> ReadPartAsync(int part, CancellationToken cancellationToken)
    {
        var samples = new List<TrainingSample>();
        await foreach (var sample in source.ReadAsync(part, cancellationToken).ConfigureAwait(false))
            samples.Add(sample);
        var last = parts[part].Max(entry => entry.Sample);
        return last < samples.Count
            ? samples
            : throw new TrainingException($"{source.Parts[part]}: the data set was changed while it is learned from: samples are gone.");
    }
}
