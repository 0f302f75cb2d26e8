using System.Runtime.CompilerServices;
using Blip.Datasets;
using Blip.Runtime.Pipelines;

namespace Blip.Training.Data;

/// <summary>Images with captions, in any format of <see cref="Dataset"/>.</summary>
internal sealed class PairSource : ITrainingSource
{
    // A list is one part, so that all of it is shuffled. A tar or a Parquet file is a separate part.
    private const int WholeList = 1 << 30;

    private readonly IReadOnlyList<IDatasetShard> shards;
    private readonly int maxWords;

    /// <summary>Opens a data set; nothing of it is read yet.</summary>
    /// <param name="sources">Files, folders, patterns and addresses.</param>
    /// <param name="maxWords">The most words of a caption that are kept.</param>
    /// <param name="options">How the sources are read; null for the defaults.</param>
    /// <exception cref="DatasetException">A source is not there, or of no known format.</exception>
    public PairSource(IEnumerable<string> sources, int maxWords = CaptionCleaning.MaxWords, DatasetOptions? options = null)
    {
        shards = Dataset.Open(sources, (options ?? new DatasetOptions()) with { ShardSize = WholeList });
        this.maxWords = maxWords;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Parts => [.. shards.Select(shard => shard.Name)];

    /// <inheritdoc/>
    public async IAsyncEnumerable<TrainingSample> ReadAsync(int part, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var sample in shards[part].ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var texts = sample.Texts.Select(text => CaptionCleaning.Clean(text, maxWords)).ToList();
            yield return new TrainingSample(sample.Key, sample.Image, texts, [], sample.Error)
            {
                CountShortened = () => sample.Texts.Zip(texts).Count(pair => CaptionCleaning.Clean(pair.First, int.MaxValue).Length > pair.Second.Length),
            };
        }
    }
}
