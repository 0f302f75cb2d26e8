using System.Runtime.CompilerServices;
using Blip.Datasets;
using Blip.Runtime.Pipelines;

namespace Blip.Training.Data;

/// <summary>Images with captions, in any format of <see cref="Dataset"/>.</summary>
internal sealed class PairSource : ITrainingSource
{
    // A list is one part, so that it is shuffled as a whole. Each tar or Parquet file is a part.
    private const int WholeList = 1 << 30;

    private readonly IReadOnlyList<IDatasetShard> shards;
    private readonly int maxWords;

    /// <summary>Opens a data set without reading it.</summary>
    /// <exception cref="DatasetException">A source is missing or of no known format.</exception>
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
                CountShortened = () =>
                    sample.Texts.Zip(texts).Count(pair => CaptionCleaning.Clean(pair.First, int.MaxValue).Length > pair.Second.Length),
            };
        }
    }
}
