using Blip.Runtime.Imaging;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>How a pipeline is set up.</summary>
public abstract record PipelineOptions
{
    /// <summary>Most images in a batch.</summary>
    public const int MaxBatchSize = 1024;

    /// <summary>Most threads of the CPU device.</summary>
    public const int MaxThreads = 1024;

    /// <summary>
    /// The device: <c>auto</c> (the first CUDA device, else the first OpenCL GPU, else the CPU), <c>cuda</c>, <c>opencl</c>, <c>cpu</c>, or
    /// one by number: <c>cuda:1</c>. A captioner can share its images among several: <c>cuda:all</c>, <c>cuda:0,cuda:2</c>.
    /// </summary>
    public string Device { get; init; } = "auto";

    /// <summary>The format of the text towers' weights, which every token reads.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>The format of the image encoder's weights; null takes the one that goes with <see cref="Precision"/>.</summary>
    public Precision? EncoderPrecision { get; init; }

    /// <summary>
    /// Keeps the packed weights in a file for faster loads. It is checked at each load, rewritten where it does not fit, and may be deleted
    /// at any time.
    /// </summary>
    public bool Cache { get; init; }

    /// <summary>An existing folder for that file; null for the folder of the model's weights.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>A folder with a LoRA adapter in the PEFT library's format, merged into the weights at loading; null for none.</summary>
    public string? Adapter { get; init; }

    /// <summary>The branch, tag or commit of a model on the Hugging Face hub; null for its main branch.</summary>
    public string? Revision { get; init; }

    /// <summary>Threads of the CPU device; 0 means one per core.</summary>
    public int Threads { get; init; }

    /// <summary>Images in a batch; 0 lets the device decide. It changes the time, never a result.</summary>
    public int BatchSize { get; init; }

    /// <summary>The limits of an image, and the colour behind transparent ones.</summary>
    public ImageDecoderOptions Images { get; init; } = new();

    /// <summary>
    /// Most bytes of decoded images that wait for the device; a larger image is decoded while no other waits. Each stream has such a limit;
    /// calls about single images share one.
    /// </summary>
    public long MaxWaitingBytes { get; init; } = ByteGate.DefaultLimit;

    /// <summary>
    /// How long concurrent calls wait to share a batch while another call's image is being read. It changes the time, never a result.
    /// </summary>
    public TimeSpan MaxBatchDelay { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Most calls about single images that may wait for the device. One more gets a <see cref="PipelineBusyException"/>.</summary>
    public int MaxQueuedCalls { get; init; } = 1024;

    /// <summary>Runs one image at loading, so that kernels are compiled and memory is allocated before the first call.</summary>
    public bool WarmUp { get; init; }

    internal LoadWatch? Watch { get; init; }

    /// <summary>A vocab.txt or tokenizer.json to replace the model's; null for the model's.</summary>
    public string? VocabularyFile { get; init; }

    /// <summary>The implementation to follow where BLIP's two differ.</summary>
    public Compat Compat { get; init; }

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">An option is out of range; the message names it.</exception>
    public virtual void Validate()
    {
        if (Threads is < 0 or > MaxThreads)
            throw new ArgumentException($"Threads is {Threads}: give 1 to {MaxThreads}, or 0 for one per core.", nameof(Threads));
        if (BatchSize is < 0 or > MaxBatchSize)
            throw new ArgumentException(
                $"BatchSize is {BatchSize}: give 1 to {MaxBatchSize}, or 0 to let the device decide.", nameof(BatchSize));
        if (CacheFolder is not null && !Directory.Exists(CacheFolder))
            throw new ArgumentException(
                $"CacheFolder is '{CacheFolder}', and there is no such folder; make it first, or leave it out to keep the cache beside the "
                    + $"model.", nameof(CacheFolder));
        if (MaxWaitingBytes < 1)
            throw new ArgumentException($"MaxWaitingBytes is {MaxWaitingBytes}: give a number of bytes.", nameof(MaxWaitingBytes));
        if (MaxBatchDelay < TimeSpan.Zero || MaxBatchDelay > TimeSpan.FromMinutes(1))
            throw new ArgumentException($"MaxBatchDelay is {MaxBatchDelay}: give a time from 0 to a minute.", nameof(MaxBatchDelay));
        if (MaxQueuedCalls < 1)
            throw new ArgumentException($"MaxQueuedCalls is {MaxQueuedCalls}: give a number of calls, 1 or more.", nameof(MaxQueuedCalls));
        ArgumentNullException.ThrowIfNull(Images);
        Images.Validate();
        Check(Precision, nameof(Precision));
        if (EncoderPrecision is { } encoder)
            Check(encoder, nameof(EncoderPrecision));
        Check(Compat, nameof(Compat));
    }

    private protected static void Check<T>(T value, string name)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            throw new ArgumentException($"{name} is {value}: give {string.Join(", ", Enum.GetNames<T>())}.", name);
    }

    internal virtual ModelOptions ForModel() => new()
    {
        Precision = Precision,
        EncoderPrecision = EncoderPrecision,
        Cache = Cache,
        CacheFolder = CacheFolder,
        Compat = Compat,
        OnRead = Watch is { } watch ? fraction => watch.Tell(LoadStage.Weights, fraction) : null,
        CancellationToken = Watch?.CancellationToken ?? CancellationToken.None,
    };
}

/// <summary>How a pipeline that keeps images on the device between calls is set up.</summary>
public abstract record ImageCachingOptions : PipelineOptions
{
    /// <summary>
    /// Most device bytes for images of single calls, which later calls about the same file or bytes need not encode. The least recently
    /// used go first; 0 keeps none. A base model's image takes 44 MB. Handles (<see cref="ImageFeatures"/>) and streams do not count.
    /// </summary>
    public long ImageCacheBytes { get; init; } = 512L << 20;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (ImageCacheBytes < 0)
            throw new ArgumentException(
                $"ImageCacheBytes is {ImageCacheBytes}: give a number of bytes, or 0 to keep no images.", nameof(ImageCacheBytes));
    }
}
