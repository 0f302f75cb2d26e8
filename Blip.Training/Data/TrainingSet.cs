using System.IO.Hashing;
using System.Runtime.CompilerServices;
using Blip.Runtime.Pipelines;

namespace Blip.Training.Data;

/// <summary>
/// The pairs of a data set that can be learned from, in an order that follows from seed and epoch alone. Parts are shuffled, and the pairs
/// within each: a list of files is one part, and of tars one is in memory at a time.
/// </summary>
internal sealed class TrainingSet
{
    private readonly ITrainingSource source;

    // Of each part the samples by their places, and the texts of each.
    private readonly IReadOnlyList<IReadOnlyList<(int Sample, int Text)>> parts;

    private TrainingSet(ITrainingSource source, IReadOnlyList<IReadOnlyList<(int, int)>> parts, DataReport report) =>
        (this.source, this.parts, Report) = (source, parts, report);

    /// <summary>The hash of images and texts, in their order.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The findings while it was opened.</summary>
    public DataReport Report { get; }

    /// <summary>The number of pairs.</summary>
    public int Count => parts.Sum(part => part.Count);

    /// <summary>Reads a data set once, and keeps the usable samples.</summary>
    /// <param name="source">The samples.</param>
    /// <param name="check">Looks at each.</param>
    /// <param name="threads">How many samples are looked at together; they change the time alone.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="TrainingException">Nothing of it can be used; the message says why.</exception>
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

    /// <summary>The pairs of an epoch.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="shuffle">False: in the order of the files.</param>
    /// <param name="skip">So many of the first are left out, unread where a whole part is; all where there are no more.</param>
    /// <param name="cancellationToken">Ends it.</param>
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

    // Fisher and Yates, from the end.
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
