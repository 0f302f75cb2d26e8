using System.Runtime.CompilerServices;
using Blip.Datasets;
using Blip.Runtime.Files;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Training.Augmentation;

namespace Blip.Training.Data;

/// <summary>A pair, ready for a step.</summary>
/// <param name="Item">Its text and answers.</param>
/// <param name="Image">The augmented image, a square.</param>
/// <param name="ImageId">The image's hash; copies share it.</param>
internal sealed record LoadedItem(TrainingItem Item, RgbImage Image, ulong ImageId)
{
    /// <summary>The right one of two images, augmented separately; null for one image.</summary>
    public RgbImage? Second { get; init; }
}

/// <summary>
/// Batches of an epoch, decoded and augmented ahead by some threads. Batches do not depend on the number of threads. Samples that fill no
/// batch at an epoch's end are left out, as in the authors' code.
/// </summary>
internal sealed class TrainingLoader
{
    // Batches that may wait.
    private const int BatchesAhead = 2;

    private readonly ByteGate memory = new(ByteGate.DefaultLimit);
    private readonly TrainingSet set;
    private readonly TrainingTransform transform;
    private readonly TrainingOptions options;
    private readonly int threads;

    /// <summary>Prepares a loader.</summary>
    /// <exception cref="TrainingException">The pairs fill no batch.</exception>
    public TrainingLoader(TrainingSet set, TrainingOptions options)
    {
        (this.set, this.options) = (set, options);
        if (set.Count < options.BatchSize)
        {
            throw new TrainingException(
                $"the data set has {set.Count} pairs, which fill no batch of {options.BatchSize}: give a smaller BatchSize.");
        }
        threads = options.LoaderThreads > 0 ? options.LoaderThreads : Environment.ProcessorCount;
        transform = new TrainingTransform(
            options.ImageSize, options.MinCropScale, options.Augment == AugmentationKind.Paper, options.Flip, options.Seed);
    }

    public int BatchesPerEpoch => set.Count / options.BatchSize;

    /// <summary>The batches of an epoch (from 0), in order. A resumed run skips the batches before <paramref name="firstBatch"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The epoch has no such batch: the state belongs to another data set or batch size.
    /// </exception>
    /// <exception cref="TrainingException">An image can no longer be read; the message names it.</exception>
    public async IAsyncEnumerable<IReadOnlyList<LoadedItem>> ReadAsync(
        int epoch, int firstBatch = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstBatch);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstBatch, BatchesPerEpoch);
        var skip = (long)firstBatch * options.BatchSize;
        var whole = ((long)BatchesPerEpoch * options.BatchSize) - skip;
        var items = set.ReadAsync(options.Seed, epoch, options.Shuffle, skip, cancellationToken)
            .Take((int)whole)
            .SelectAheadAsync(item => Load(item, epoch), BatchesAhead * options.BatchSize, cancellationToken, threads);
        await foreach (var batch in items.InGroupsAsync(options.BatchSize, cancellationToken).ConfigureAwait(false))
            yield return batch;
    }

    private LoadedItem Load(TrainingItem item, int epoch)
    {
        try
        {
            if (item.Second is not null)
                item = SwappedSides.Apply(item, options, epoch);
            var (image, id) = Load(item, item.Image, epoch, item.Key);
            return new LoadedItem(item, image, id)
            {
                Second = item.Second is { } second ? Load(item, second, epoch, $"{item.Key}/right").Image : null,
            };
        }
        catch (Exception e) when (e is ImageException or IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"{item.Key}: an image of the data set cannot be read any more: {FailureReason.WithPath(e)}.", e);
        }
    }

    private (RgbImage Image, ulong Id) Load(TrainingItem item, SampleImage source, int epoch, string key)
    {
        var file = source.Read();
        var limits = new ImageDecoderOptions { MaxPixels = options.MaxPixels };
        return memory.Do(ImageDecoder.MemoryOf(file, limits).Working, () =>
        {
            var image = ImageDecoder.Decode(file, source.Path ?? source.Name, limits);
            return (transform.Apply(image, [item.Text], epoch, key), DataCheck.ImageId(file));
        });
    }
}
