using Blip.Datasets;
using Blip.Evaluation;
using Blip.Runtime.Pipelines;

namespace Blip.Training.Data;

/// <summary>Sentences about two images from BLIP's lists (<c>nlvr_train.json</c>) or NLVR2's files.</summary>
internal sealed class SentenceSource : ITrainingSource
{
    private readonly List<IReadOnlyList<TrainingSample>> parts;

    /// <summary>Opens lists. A null <paramref name="imageRoot"/> means each list's folder.</summary>
    /// <exception cref="AnnotationException">A file cannot be read, or an entry is incomplete.</exception>
    public SentenceSource(IReadOnlyList<string> files, string? imageRoot, int maxWords)
    {
        Parts = files;
        parts = [.. files.Select(file =>
            Read(file, new ImageFolder(imageRoot ?? Path.GetDirectoryName(Path.GetFullPath(file))!), maxWords))];
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Parts { get; }

    /// <inheritdoc/>
    public IAsyncEnumerable<TrainingSample> ReadAsync(int part, CancellationToken cancellationToken) => parts[part].ToAsyncEnumerable();

    private static IReadOnlyList<TrainingSample> Read(string file, ImageFolder folder, int maxWords) =>
        [.. NlvrDataset.Load(file).Pairs.Select(pair => Sample(pair, folder, maxWords))];

    private static TrainingSample Sample(NlvrPair pair, ImageFolder folder, int maxWords)
    {
        var (left, right) = (folder.Find(pair.Left, pair.Id, out var first), folder.Find(pair.Right, pair.Id, out var second));
        var objection = first is not null ? $"{pair.Left}: {first}."
            : second is not null ? $"{pair.Right}: {second}."
            : pair.Label is null ? "It has no label." : null;
        return new TrainingSample(
            $"{pair.Id}", left is null ? null : SampleImage.FromFile(left), [CaptionCleaning.Clean(pair.Sentence, maxWords)], [], objection)
        {
            Second = right is null ? null : SampleImage.FromFile(right),
            IsTrue = pair.Label,
            CountShortened = () =>
                CaptionCleaning.Clean(pair.Sentence, int.MaxValue).Length > CaptionCleaning.Clean(pair.Sentence, maxWords).Length ? 1 : 0,
        };
    }
}
