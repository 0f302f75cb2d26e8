using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Files;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Makes vectors of images and texts, of length 1, whose products tell how close they are. A matching checkpoint uses its contrastive head
/// (256 floats in the published models); a checkpoint without a task (BlipModel) uses its projections.
/// </summary>
/// <example>
/// <code>
/// using var embedder = Embedder.Load("models/blip-itm-base-coco");
/// float[] image = embedder.EmbedImage("photo.jpg"), text = embedder.EmbedText("a dog on a beach");
/// Console.WriteLine(TensorPrimitives.Dot(image, text));
/// </code>
/// </example>
public sealed class Embedder : Pipeline, IEmbedder
{
    // Texts of one run: rows are short, so many make full matrix products.
    private const int TextBatch = 64;

    private readonly BlipModel model;
    private readonly ImageEncoder encoder;
    private readonly CompatRules rules;
    private readonly ImageCalls<bool, ImageEmbedding> calls;

    /// <summary><paramref name="owner"/> is false for a matcher's embedder.</summary>
    internal Embedder(PipelineHost host, BlipModel model, ImageEncoder encoder, CompatRules rules, bool owner)
        : base(host, owner)
    {
        (this.model, this.encoder, this.rules) = (model, encoder, rules);
        calls = new(this, encoder, "embeddings")
        {
            Run = (batch, _) => RunImages([.. batch.Select(call => call.Image)]),
            Together = (_, _) => true,
        };
    }

    /// <summary>Elements of a vector.</summary>
    public int Dimension => DimensionOf(Config);

    /// <summary>The factor of products before a softmax (CLIP's temperature); null for a matching checkpoint.</summary>
    public double? LogitScale => (model as ContrastiveModel)?.LogitScale;

    internal BlipModel Model => model;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notices => model.Notices;

    internal static int DimensionOf(BlipConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.Head == BlipHead.Model ? config.ProjectionDim : config.ImageTextHiddenSize;
    }

    /// <inheritdoc/>
    internal override void WarmUp(CancellationToken cancellationToken) => EmbedImage(BlankImage(), cancellationToken);

    /// <summary>Loads a model onto a device.</summary>
    /// <param name="model">As in <see cref="Captioner.Load(string, CaptionerOptions?)"/>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="CheckpointException">The model is missing, damaged, unsafe or gives no vectors.</exception>
    /// <exception cref="TokenizerException">Its vocabulary cannot be read.</exception>
    /// <exception cref="DeviceException">There is no such device.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static Embedder Load(string model, EmbedderOptions? options = null) =>
        Load(ModelSource.Resolve(model, revision: options?.Revision), options);

    /// <summary>Loads a model onto a device, on the thread pool.</summary>
    /// <param name="model">As in <see cref="Captioner.Load(string, CaptionerOptions?)"/>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="progress">Gets the load's progress.</param>
    /// <param name="cancellationToken">Ends the load between two tensors.</param>
    /// <inheritdoc cref="Load(string, EmbedderOptions?)" path="/*[not(self::param)]"/>
    public static Task<Embedder> LoadAsync(
        string model, EmbedderOptions? options =
            null, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default) =>
        LoadWatch.LoadAsync(options ?? new EmbedderOptions(), watched => Load(model, watched), progress, cancellationToken);

    internal static Embedder Load(ModelSource source, EmbedderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= new EmbedderOptions();
        return PipelineHost.Open(source, options, host =>
        {
            BlipModel model = source.Config.Head == BlipHead.Model
                ? host.Own(ContrastiveModel.Load(source, host.Device, options.ForModel()))
                : host.Own(MatchingModel.Load(source, host.Device, options.ForModel()));
            return new Embedder(host, model, new ImageEncoder(host, model, takesClips: true), CompatRules.Of(options.Compat), owner: true);
        });
    }

    /// <summary>An image's vector.</summary>
    /// <param name="image">The image, its path, or features kept by this embedder's matcher.</param>
    /// <param name="cancellationToken">Ends the wait for the device.</param>
    /// <returns><c>[<see cref="Dimension"/>]</c>, of length 1.</returns>
    /// <exception cref="ImageException">The image cannot be read.</exception>
    public float[] EmbedImage(ImageSource image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var result = encoder.ForOne(this, image, decoded => RunImages([decoded])[0], cancellationToken);
        return result.Succeeded ? result.Vector : throw new ImageException(result.Error);
    }

    /// <summary>The same without blocking a thread.</summary>
    /// <inheritdoc cref="EmbedImage"/>
    public async Task<float[]> EmbedImageAsync(ImageSource image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var result = await calls.CallAsync(image, work: true, needsPixels: false, cancellationToken).ConfigureAwait(false);
        return result.Succeeded ? result.Vector : throw new ImageException(result.Error);
    }

    /// <summary>A text's vector.</summary>
    /// <inheritdoc cref="EmbedTexts"/>
    public float[] EmbedText(string text, CancellationToken cancellationToken = default) => EmbedTexts([text], cancellationToken)[0];

    /// <summary>Vectors of texts, each the same as alone.</summary>
    /// <returns><c>[texts][<see cref="Dimension"/>]</c>, of length 1.</returns>
    /// <exception cref="ArgumentException">A text is too long, or the model has no vocabulary.</exception>
    public IReadOnlyList<float[]> EmbedTexts(IReadOnlyList<string> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var vectors = new List<float[]>(texts.Count);
        foreach (var batch in Batches(texts))
            vectors.AddRange(InTurn(() => VectorsOf(batch), cancellationToken));
        return Numbers(vectors);
    }

    /// <summary>A text's vector, without blocking a thread.</summary>
    /// <inheritdoc cref="EmbedTexts"/>
    public async Task<float[]> EmbedTextAsync(string text, CancellationToken cancellationToken = default) =>
        (await VectorsAsync([text], cancellationToken).ConfigureAwait(false))[0];

    /// <summary><see cref="EmbedTexts"/> without blocking a thread.</summary>
    /// <inheritdoc cref="EmbedTexts"/>
    public async Task<IReadOnlyList<float[]>> VectorsAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var vectors = new List<float[]>(texts.Count);
        foreach (var batch in Batches(texts))
            vectors.AddRange(await Host.InTurnAsync(this, () => VectorsOf(batch), cancellationToken).ConfigureAwait(false));
        return Numbers(vectors);
    }

    private IEnumerable<int[][]> Batches(IReadOnlyList<string> texts) =>
        texts.Select(text => TextIds.Of(Host, text, rules.VectorText, "Text")).ToArray().Chunk(TextBatch);

    private List<float[]> Numbers(List<float[]> vectors) =>
        vectors.TrueForAll(IsNumber) ? vectors : throw new InvalidDataException($"{Host.Source.Name}: {NoNumbers}");

    /// <summary>Vectors of images in order, as each batch is done.</summary>
    /// <inheritdoc cref="EmbedImagesAsync(IAsyncEnumerable{ImageSource}, CancellationToken)"/>
    public IAsyncEnumerable<ImageEmbedding> EmbedImagesAsync(IEnumerable<ImageSource> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return EmbedImagesAsync(images.ToAsyncEnumerable(), cancellationToken);
    }

    /// <summary>
    /// Vectors of a stream of images. They are decoded about two batches ahead; a slow reader holds everything back. An unreadable image
    /// gives a result with an error.
    /// </summary>
    /// <param name="images">The images, each opened in its turn.</param>
    /// <param name="cancellationToken">Ends the work after the current batch.</param>
    public IAsyncEnumerable<ImageEmbedding> EmbedImagesAsync(
        IAsyncEnumerable<ImageSource> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return InImageBatches(images, image => image, (_, decoded) => Host.Stage(decoded), RunImages, cancellationToken);
    }

    /// <summary>Vectors of texts in order, as each batch is done.</summary>
    /// <inheritdoc cref="EmbedTextsAsync(IAsyncEnumerable{string}, CancellationToken)"/>
    public IAsyncEnumerable<TextEmbedding> EmbedTextsAsync(IEnumerable<string> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return EmbedTextsAsync(texts.ToAsyncEnumerable(), cancellationToken);
    }

    /// <summary>Vectors of a stream of texts. An unreadable text gives a result with an error.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="cancellationToken">Ends the work after the current batch.</param>
    /// <exception cref="ArgumentException">The model has no vocabulary; thrown at once.</exception>
    public IAsyncEnumerable<TextEmbedding> EmbedTextsAsync(IAsyncEnumerable<string> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (!HasVocabulary)
            throw new ArgumentException(NoVocabulary, nameof(texts));
        return InBatches(texts, Read, RunTexts, TextBatch, cancellationToken);
    }

    internal PipelineHost Base => Host;

    /// <summary>The vectors of encoded images, in turn.</summary>
    internal float[][] VectorsOf(ImageStates states) =>
        model is ContrastiveModel contrastive ? contrastive.EmbedImages(states) : ((MatchingModel)model).EmbedImages(states);

    /// <summary>The vectors of texts, in turn.</summary>
    internal float[][] VectorsOf(IReadOnlyList<int[]> texts) =>
        model is ContrastiveModel contrastive ? contrastive.EmbedTexts(texts) : ((MatchingModel)model).EmbedTexts(texts);

    /// <summary>
    /// The vectors of encoded images, in turn; null for a refused image. A clip's is the mean of its frames' projections, of length 1.
    /// </summary>
    internal float[]?[] VectorsOf(IReadOnlyList<EncodedImage?> images)
    {
        var vectors = new float[]?[images.Count];
        foreach (var group in images.Index().Where(image => image.Item is not null)
            .GroupBy(image => (image.Item!.Value.States, IsClip: image.Item.Value.Frames > 1)))
        {
            var all = group.Key.IsClip ? ProjectionsOf(group.Key.States) : VectorsOf(group.Key.States);
            foreach (var (place, image) in group)
                vectors[place] = group.Key.IsClip
                    ? Similarity.UnitMean(all[image!.Value.Image..(image.Value.Image + image.Value.Frames)])
                    : all[image!.Value.Image];
        }
        return vectors;
    }

    private float[][] ProjectionsOf(ImageStates states) =>
        model is ContrastiveModel contrastive ? contrastive.ImageFeatures(states) : ((MatchingModel)model).ProjectImages(states);

    private ImageEmbedding[] RunImages(IReadOnlyList<DecodedImage> batch)
    {
        var results = new ImageEmbedding[batch.Count];
        var vectors = encoder.Vectors(
            batch, VectorsOf, VectorsOfPixels, (i, error) => results[i] = ImageEmbedding.Failed(batch[i].Source, error));
        for (var i = 0; i < batch.Count; i++)
        {
            if (vectors[i] is { } vector)
                results[i] = IsNumber(vector)
                    ? ImageEmbedding.Of(batch[i].Source, vector)
                    : ImageEmbedding.Failed(batch[i].Source, $"{batch[i].Source.Name}: {NoNumbers}");
        }
        return results;
    }

    private float[][] VectorsOfPixels(int images, int height, int width) =>
        model is ContrastiveModel contrastive
            ? contrastive.EmbedPixels(images, height, width)
            : ((MatchingModel)model).EmbedPixels(images, height, width);

    private (string Text, int[]? Ids, string? Error) Read(string text)
    {
        try
        {
            return (text, TextIds.Of(Host, text, rules.VectorText, "Text"), null);
        }
        catch (ArgumentException e)
        {
            return (text, null, FailureReason.Sentence(e));
        }
    }

    private TextEmbedding[] RunTexts(IReadOnlyList<(string Text, int[]? Ids, string? Error)> batch)
    {
        var readable = batch.Where(text => text.Ids is not null).Select(text => text.Ids!).ToArray();
        var vectors = new Queue<float[]>(readable.Length > 0 ? VectorsOf(readable) : []);
        return [.. batch.Select(text => text.Ids is null
            ? TextEmbedding.Failed(text.Text, text.Error!)
            : vectors.Dequeue() is var vector && IsNumber(vector)
                ? TextEmbedding.Of(text.Text, vector)
                : TextEmbedding.Failed(text.Text, NoNumbers))];
    }

    private static bool IsNumber(float[] vector) => Array.TrueForAll(vector, float.IsFinite);
}

/// <summary>How an embedder is set up.</summary>
public sealed record EmbedderOptions : PipelineOptions;
