using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Imaging;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// The common base of public pipelines: images and words in, answers out. Any number of threads may call one: images are decoded in
/// parallel, the device works on one batch at a time, and a batch gives each image the same results as alone.
/// </summary>
public abstract class Pipeline : IDisposable
{
    /// <summary>The message where NaN came out.</summary>
    private protected const string NoNumbers = "the model gave no numbers. Its weights are damaged, or too large for the precision (try fp32).";

    /// <summary>The message where words are given to a model without a vocabulary.</summary>
    private protected const string NoVocabulary = "The model has no vocabulary to turn words into tokens: give a VocabularyFile.";

    private readonly bool owner;

    /// <summary>A pipeline on a device.</summary>
    /// <param name="host">Its host.</param>
    /// <param name="owner">False for one that shares another's model, which that one frees.</param>
    private protected Pipeline(PipelineHost host, bool owner = true) => (Host, this.owner) = (host, owner);

    /// <summary>The model's sizes.</summary>
    internal BlipConfig Config => Host.Source.Config;

    /// <summary>Id of the token that ends a text, [SEP]: a text that was cut at its greatest length has none at its end.</summary>
    public int EndToken => Config.Text.SepTokenId;

    /// <summary>The model's name: as on the hub, or its folder's or file's name without the path.</summary>
    public string ModelName => Host.ModelLabel;

    /// <summary>Where it runs.</summary>
    public DeviceDescription DeviceDescription => Host.Device.Description;

    /// <summary>Every device that it runs on; <see cref="DeviceDescription"/> is the first.</summary>
    public virtual IReadOnlyList<DeviceDescription> Devices => [DeviceDescription];

    /// <summary>False for a model without a vocabulary: it speaks in token ids alone, and cannot be given words.</summary>
    public bool HasVocabulary => Host.Tokenizer is not null;

    /// <summary>
    /// Notices that are no errors: why a cache was not used or could not be written, or which of several devices failed while the
    /// others went on.
    /// </summary>
    public abstract IReadOnlyList<string> Notices { get; }

    /// <summary>Raised when <see cref="Notices"/> gains one while the pipeline works: a device that failed.</summary>
    public event EventHandler<NoticeEventArgs>? Noticed;

    /// <summary>Times every step on the (first) device while it is set.</summary>
    public Profiler? Profiler
    {
        get => Host.Device.Profiler;
        set => Host.Device.Profiler = value;
    }

    /// <summary>Finds a model and reads its configuration; opens neither its weights nor a device.</summary>
    /// <param name="model">A folder, a weight file, <c>synthetic:NAME</c>, or a name on the Hugging Face hub that is in the local cache.</param>
    /// <exception cref="CheckpointException">There is no such model, or its files are damaged.</exception>
    public static void CheckModel(string model) => ModelSource.Resolve(model);

    /// <summary>
    /// The words of a text that the model's vocabulary does not have, such as emoji and other scripts, each once: the model reads [UNK] in
    /// their place. None for a model without a vocabulary.
    /// </summary>
    public IReadOnlyList<string> UnknownWords(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Tokenizer?.UnknownWords(text) ?? [];
    }

    /// <summary>Tells listeners of a notice.</summary>
    private protected void Tell(string notice) => Noticed?.Invoke(this, new NoticeEventArgs(notice));

    /// <summary>Runs one image through the model.</summary>
    internal abstract void WarmUp(CancellationToken cancellationToken);

    /// <summary>An image of one colour, of the size that the model reads.</summary>
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

    /// <summary>Bytes of device memory, and buffers, held at the moment: they do not grow once the shapes of the work were seen.</summary>
    internal (long Bytes, int Buffers) DeviceMemory => (Host.Device.AllocatedBytes, Host.Device.LiveBuffers);

    /// <summary>Its host.</summary>
    internal PipelineHost Host { get; }

    private protected WordPieceTokenizer? Tokenizer => Host.Tokenizer;

    /// <summary>Does work on the device while no other thread does.</summary>
    internal T InTurn<T>(Func<T> work, CancellationToken cancellationToken) => Host.InTurn(this, work, cancellationToken);

    /// <summary>
    /// Takes a stream of items with images through the device, batch by batch. Images are decoded on the thread pool while the device works on
    /// those before them: about two batches ahead, and no more bytes than the options allow. A slow reader of the results holds everything back.
    /// </summary>
    /// <param name="items">Taken when their turn comes.</param>
    /// <param name="imageOf">An item's image.</param>
    /// <param name="ready">Further work to do ahead. It throws nothing.</param>
    /// <param name="run">A batch's results, in order; called while no other thread works on the device.</param>
    /// <param name="cancellationToken">Ends it.</param>
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

    /// <summary>Takes a stream of items without images through the device, about two batches ahead.</summary>
    /// <param name="items">Taken when their turn comes.</param>
    /// <param name="ready">Work to do ahead. It throws nothing.</param>
    /// <param name="run">A batch's results, in order; called while no other thread works on the device.</param>
    /// <param name="size">Items of a batch.</param>
    /// <param name="cancellationToken">Ends it.</param>
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
