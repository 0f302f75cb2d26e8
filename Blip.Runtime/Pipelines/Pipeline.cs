using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Imaging;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// The base of all pipelines. They are thread-safe: images are decoded in parallel, and the device runs one batch at a time. Each image's
/// results are the same as alone.
/// </summary>
public abstract class Pipeline : IDisposable
{
    private protected const string NoNumbers =
        "the model gave no numbers. Its weights are damaged, or too large for the precision (try fp32).";

    private protected const string NoVocabulary = "The model has no vocabulary to turn words into tokens: give a VocabularyFile.";

    private readonly bool owner;

    /// <summary>A pipeline on a host. An <paramref name="owner"/> frees the model; others share it.</summary>
    private protected Pipeline(PipelineHost host, bool owner = true) => (Host, this.owner) = (host, owner);

    internal BlipConfig Config => Host.Source.Config;

    /// <summary>Id of the token that ends a text, [SEP]. A text that was cut at its greatest length lacks it.</summary>
    public int EndToken => Config.Text.SepTokenId;

    /// <summary>The model's name on the hub, or its folder's or file's name.</summary>
    public string ModelName => Host.ModelLabel;

    /// <summary>Where it runs.</summary>
    public DeviceDescription DeviceDescription => Host.Device.Description;

    /// <summary>All devices; <see cref="DeviceDescription"/> is the first.</summary>
    public virtual IReadOnlyList<DeviceDescription> Devices => [DeviceDescription];

    /// <summary>False for a model without a vocabulary, which reads and writes only token ids.</summary>
    public bool HasVocabulary => Host.Tokenizer is not null;

    /// <summary>Notices that are no errors: why a cache was not used or written, or which device failed.</summary>
    public abstract IReadOnlyList<string> Notices { get; }

    /// <summary>Raised when a device fails, which adds to <see cref="Notices"/>.</summary>
    public event EventHandler<NoticeEventArgs>? Noticed;

    /// <summary>Times every step on the (first) device while set.</summary>
    public Profiler? Profiler
    {
        get => Host.Device.Profiler;
        set => Host.Device.Profiler = value;
    }

    /// <summary>Finds a model and reads its configuration, but not its weights.</summary>
    /// <param name="model">A folder, a weight file, <c>synthetic:NAME</c>, or a Hugging Face hub name that is in the local cache.</param>
    /// <exception cref="CheckpointException">The model is missing or damaged.</exception>
    public static void CheckModel(string model) => ModelSource.Resolve(model);

    /// <summary>
    /// A text's distinct words that the vocabulary lacks, such as emoji; the model reads [UNK] instead. None without a vocabulary.
    /// </summary>
    public IReadOnlyList<string> UnknownWords(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Tokenizer?.UnknownWords(text) ?? [];
    }

    private protected void Tell(string notice) => Noticed?.Invoke(this, new NoticeEventArgs(notice));

    internal abstract void WarmUp(CancellationToken cancellationToken);

    /// <summary>A one-colour image of the model's input size.</summary>
    private protected ImageSource BlankImage()
    {
        var (width, height) = (Host.Preprocessor.Processing.Width, Host.Preprocessor.Processing.Height);
        return ImageSource.FromPixels(new RgbImage(width, height, new byte[3 * width * height]), "warm-up");
    }

    /// <summary>Waits for the work in hand, and frees the model and the device.</summary>
    public void Dispose()
    {
        if (owner)
            Host.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Bytes and buffers on the device. They stop growing once the work's shapes were seen.</summary>
    internal (long Bytes, int Buffers) DeviceMemory => (Host.Device.AllocatedBytes, Host.Device.LiveBuffers);

    internal PipelineHost Host { get; }

    private protected WordPieceTokenizer? Tokenizer => Host.Tokenizer;

    internal T InTurn<T>(Func<T> work, CancellationToken cancellationToken) => Host.InTurn(this, work, cancellationToken);

    /// <summary>
    /// Runs items with images through the device in batches. Decoding runs about two batches ahead, within the options' byte limit; a slow
    /// reader holds everything back. <paramref name="ready"/> must not throw; <paramref name="run"/> is called in turn.
    /// </summary>
    private protected async IAsyncEnumerable<TResult> InImageBatches<TItem, TReady, TResult>(
        IAsyncEnumerable<TItem> items,
        Func<TItem, ImageSource> imageOf,
        Func<TItem, DecodedImage, TReady> ready,
        Func<IReadOnlyList<TReady>, IReadOnlyList<TResult>> run,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var ahead = new ImageReadahead(Host.BatchSize, Host.Options);
        await foreach (var batch in ahead.GroupsAsync(items, imageOf, ready, groupsAhead: 1, cancellationToken).ConfigureAwait(false))
        {
            var results = await Host.InTurnAsync(this, () => run(batch.Items), cancellationToken).ConfigureAwait(false);
            ahead.Release(batch.Bytes);
            foreach (var result in results)
                yield return result;
        }
    }

    /// <summary>The same for items without images.</summary>
    private protected async IAsyncEnumerable<TResult> InBatches<TItem, TReady, TResult>(
        IAsyncEnumerable<TItem> items,
        Func<TItem, TReady> ready,
        Func<IReadOnlyList<TReady>, IReadOnlyList<TResult>> run,
        int size,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var batches = items.SelectAheadAsync(ready, 2 * size, cancellationToken).InGroupsAsync(size, cancellationToken);
        await foreach (var batch in batches.ConfigureAwait(false))
        {
            foreach (var result in await Host.InTurnAsync(this, () => run(batch), cancellationToken).ConfigureAwait(false))
                yield return result;
        }
    }
}
