using Blip.Runtime.Imaging;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>How a pipeline is set up: where it runs, how its weights are kept, and how much goes through it at once.</summary>
public abstract record PipelineOptions
{
    /// <summary>Most images that one batch may hold.</summary>
    public const int MaxBatchSize = 1024;

    /// <summary>Most threads that may be asked for.</summary>
    public const int MaxThreads = 1024;

    /// <summary>
    /// Where it runs: <c>auto</c> (the first CUDA device, else the first OpenCL GPU, else the CPU), <c>cuda</c>, <c>opencl</c>,
    /// <c>cpu</c>, or one of several: <c>cuda:1</c>. A captioner takes several, too, and shares its images out among them:
    /// <c>cuda:all</c>, <c>cuda:0,cuda:2</c>.
    /// </summary>
    public string Device { get; init; } = "auto";

    /// <summary>How the weights are kept that every word reads: those of the text towers.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>The format of the image encoder's weights, which every image reads. Null: the one that goes with <see cref="Precision"/>.</summary>
    public Precision? EncoderPrecision { get; init; }

    /// <summary>
    /// Keeps the packed weights in a file, so that the next load takes a fraction of the time. The file is checked each time, written anew
    /// where it does not fit, and may be deleted at any time.
    /// </summary>
    public bool Cache { get; init; }

    /// <summary>An existing folder for that file; null for the place beside the model's weights.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>
    /// A folder with a LoRA adapter as the PEFT library saves it, merged into the weights when they are loaded; null for none.
    /// </summary>
    public string? Adapter { get; init; }

    /// <summary>The branch, tag or commit of a model that is named as on the Hugging Face hub; null for its main branch.</summary>
    public string? Revision { get; init; }

    /// <summary>Threads of the CPU device; 0 means one per core.</summary>
    public int Threads { get; init; }

    /// <summary>Images that go through the model together; 0 lets the device decide. It changes the time, never a result.</summary>
    public int BatchSize { get; init; }

    /// <summary>The limits of an image, and the colour behind transparent ones.</summary>
    public ImageDecoderOptions Images { get; init; } = new();

    /// <summary>
    /// The most bytes that decoded images may hold while they wait for the device; an image that is larger is decoded while no other waits.
    /// The streams of a pipeline have such a limit each, and all its calls about single images one together.
    /// </summary>
    public long MaxWaitingBytes { get; init; } = ByteGate.DefaultLimit;

    /// <summary>
    /// How long calls of several threads wait for each other, so that their images go through the model together. They wait only while the image
    /// of another call is being read; a call that comes alone does not wait. It changes the time, never a result.
    /// </summary>
    public TimeSpan MaxBatchDelay { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The most calls about single images that may wait for the device; one more is refused by a <see cref="PipelineBusyException"/>.</summary>
    public int MaxQueuedCalls { get; init; } = 1024;

    /// <summary>
    /// Runs one image through the model while it is loaded, so that the first call takes no longer than those behind it: kernels are compiled
    /// and memory is found then.
    /// </summary>
    public bool WarmUp { get; init; }

    /// <summary>The listener of the load's progress, and its cancellation.</summary>
    internal LoadWatch? Watch { get; init; }

    /// <summary>A vocab.txt or tokenizer.json in place of the model's own; null takes that one.</summary>
    public string? VocabularyFile { get; init; }

    /// <summary>Whose answers are wanted where BLIP's two implementations differ.</summary>
    public Compat Compat { get; init; }

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it and says what it may be.</exception>
    public virtual void Validate()
    {
        if (Threads is < 0 or > MaxThreads)
            throw new ArgumentException($"Threads is {Threads}: give 1 to {MaxThreads}, or 0 for one per core.", nameof(Threads));
        if (BatchSize is < 0 or > MaxBatchSize)
            throw new ArgumentException($"BatchSize is {BatchSize}: give 1 to {MaxBatchSize}, or 0 to let the device decide.", nameof(BatchSize));
        if (CacheFolder is not null && !Directory.Exists(CacheFolder))
            throw new ArgumentException($"CacheFolder is '{CacheFolder}', and there is no such folder; make it first, or leave it out to keep the cache beside the model.", nameof(CacheFolder));
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

    /// <summary>Refuses a value that is no member.</summary>
    /// <exception cref="ArgumentException">It is none; the message names the option.</exception>
    private protected static void Check<T>(T value, string name)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            throw new ArgumentException($"{name} is {value}: give {string.Join(", ", Enum.GetNames<T>())}.", name);
    }

    /// <summary>The model's part of it.</summary>
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

/// <summary>How a pipeline is set up that keeps images on the device between calls.</summary>
public abstract record ImageCachingOptions : PipelineOptions
{
    /// <summary>
    /// Most bytes on the device that the images of calls about one image may hold afterwards, so that the next call about the same file
    /// or bytes need not encode it again; those unused for longest go first. 0 keeps none. An image of a base model takes 44 MB. Handles
    /// (<see cref="ImageFeatures"/>) and streams of images are not counted: the former are the caller's, the latter keep nothing.
    /// </summary>
    public long ImageCacheBytes { get; init; } = 512L << 20;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (ImageCacheBytes < 0)
            throw new ArgumentException($"ImageCacheBytes is {ImageCacheBytes}: give a number of bytes, or 0 to keep no images.", nameof(ImageCacheBytes));
    }
}
