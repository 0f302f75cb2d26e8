using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Makes vectors of images and texts, of length 1, whose products say how close they are. A matching checkpoint's are those of its
/// contrastive head (256 floats in the published models); a checkpoint without a task (BlipModel) has its projections.
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
    // Texts that go through the model together: short rows, so that many make full matrix products.
    private const int TextBatch = 64;

    private readonly BlipModel model;
    private readonly ImageEncoder encoder;
    private readonly CompatRules rules;
    private readonly ImageCalls<bool, ImageEmbedding> calls;

    /// <summary>An embedder over a model on a device.</summary>
    /// <param name="host">Its host.</param>
    /// <param name="model">A matching or a contrastive model.</param>
    /// <param name="encoder">Images to that model.</param>
    /// <param name="rules">How texts are cut.</param>
    /// <param name="owner">False for a matcher's.</param>
    internal Embedder(PipelineHost host, BlipModel model, ImageEncoder encoder, CompatRules rules, bool owner)
        : base(host, owner)
    {
        (this.model, this.encoder, this.rules) = (model, encoder, rules);
        calls = new(this, encoder, "embeddings") { Run = (batch, _) => RunImages([.. batch.Select(call => call.Image)]), Together = (_, _) => true };
    }

    /// <summary>Elements of a vector.</summary>
    public int Dimension => DimensionOf(Config);

    /// <summary>The factor of products before a softmax over texts or images (CLIP's temperature); null for a matching checkpoint, which has none.</summary>
    public double? LogitScale => (model as ContrastiveModel)?.LogitScale;

    /// <summary>The model on its device: for traces.</summary>
    internal BlipModel Model => model;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notices => model.Notices;

    /// <summary>Elements of the vectors that a model makes.</summary>
    internal static int DimensionOf(BlipConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.Head == BlipHead.Model ? config.ProjectionDim : config.ImageTextHiddenSize;
    }

    /// <inheritdoc/>
    internal override void WarmUp(CancellationToken cancellationToken) => EmbedImage(BlankImage(), cancellationToken);

    /// <summary>Loads a model and puts it on a device.</summary>
    /// <param name="model">A folder, a weight file or a name, as <see cref="Captioner.Load(string, CaptionerOptions?)"/> takes.</param>
    /// <param name="options">Device, precision and batches; null for the defaults.</param>
    /// <exception cref="CheckpointException">There is no such model, or it is damaged, unsafe or has no vectors to give.</exception>
    /// <exception cref="TokenizerException">Its vocabulary cannot be read.</exception>
    /// <exception cref="DeviceException">There is no such device.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static Embedder Load(string model, EmbedderOptions? options = null) => Load(ModelSource.Resolve(model, revision: options?.Revision), options);

    /// <summary>Loads a model and puts it on a device, on the thread pool.</summary>
    /// <param name="model">A folder, a weight file or a name, as <see cref="Captioner.Load(string, CaptionerOptions?)"/> takes.</param>
    /// <param name="options">Device, precision and batches; null for the defaults.</param>
    /// <param name="progress">Told how far the load is; may be null.</param>
    /// <param name="cancellationToken">Ends the load between two tensors.</param>
    /// <inheritdoc cref="Load(string, EmbedderOptions?)" path="/*[not(self::param)]"/>
    public static Task<Embedder> LoadAsync(
        string model, EmbedderOptions? options = null, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default) =>
        LoadWatch.LoadAsync(options ?? new EmbedderOptions(), watched => Load(model, watched), progress, cancellationToken);

    /// <summary>Puts a model that was found on a device.</summary>
    /// <inheritdoc cref="Load(string, EmbedderOptions?)"/>
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
    /// <param name="image">The image; a path, or the features that this embedder's matcher keeps.</param>
    /// <param name="cancellationToken">Ends the waiting for the device.</param>
    /// <returns><c>[<see cref="Dimension"/>]</c>, of length 1.</returns>
    /// <exception cref="ImageException">The image cannot be read; the message begins with its name.</exception>
    public float[] EmbedImage(ImageSource image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var result = encoder.ForOne(this, image, decoded => RunImages([decoded])[0], cancellationToken);
        return result.Succeeded ? result.Vector : throw new ImageException(result.Error);
    }

    /// <summary>The same; no thread waits.</summary>
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

    /// <summary>Texts' vectors, each the one that the text has alone.</summary>
    /// <returns><c>[texts][<see cref="Dimension"/>]</c>, of length 1.</returns>
    /// <exception cref="ArgumentException">A text is longer than the model reads, or the model has no vocabulary.</exception>
    public IReadOnlyList<float[]> EmbedTexts(IReadOnlyList<string> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var vectors = new List<float[]>(texts.Count);
        foreach (var batch in Batches(texts))
            vectors.AddRange(InTurn(() => VectorsOf(batch), cancellationToken));
        return Numbers(vectors);
    }

    /// <summary>A text's vector; no thread waits.</summary>
    /// <inheritdoc cref="EmbedTexts"/>
    public async Task<float[]> EmbedTextAsync(string text, CancellationToken cancellationToken = default) =>
        (await VectorsAsync([text], cancellationToken).ConfigureAwait(false))[0];

    /// <summary>The same as <see cref="EmbedTexts"/>; no thread waits.</summary>
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

    /// <summary>Images' vectors, in the order of the images, as each batch is done.</summary>
    /// <inheritdoc cref="EmbedImagesAsync(IAsyncEnumerable{ImageSource}, CancellationToken)"/>
    public IAsyncEnumerable<ImageEmbedding> EmbedImagesAsync(IEnumerable<ImageSource> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return EmbedImagesAsync(images.ToAsyncEnumerable(), cancellationToken);
    }

    /// <summary>
    /// Vectors of a stream of images. They are decoded on the thread pool about two batches ahead of the device and no more: a slow reader
    /// of the results holds everything back. An image that cannot be read is a result with an error.
    /// </summary>
    /// <param name="images">The images; each is opened when its turn comes.</param>
    /// <param name="cancellationToken">Ends the work after the batch in hand.</param>
    public IAsyncEnumerable<ImageEmbedding> EmbedImagesAsync(IAsyncEnumerable<ImageSource> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return InImageBatches(images, image => image, (_, decoded) => Host.Stage(decoded), RunImages, cancellationToken);
    }

    /// <summary>Texts' vectors, in the order of the texts, as each batch is done.</summary>
    /// <inheritdoc cref="EmbedTextsAsync(IAsyncEnumerable{string}, CancellationToken)"/>
    public IAsyncEnumerable<TextEmbedding> EmbedTextsAsync(IEnumerable<string> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return EmbedTextsAsync(texts.ToAsyncEnumerable(), cancellationToken);
    }

    /// <summary>Vectors of a stream of texts. A text that the model cannot read is a result with an error.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="cancellationToken">Ends the work after the batch in hand.</param>
    /// <exception cref="ArgumentException">The model has no vocabulary; thrown at once.</exception>
    public IAsyncEnumerable<TextEmbedding> EmbedTextsAsync(IAsyncEnumerable<string> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (!HasVocabulary)
            throw new ArgumentException(NoVocabulary, nameof(texts));
        return InBatches(texts, Read, RunTexts, TextBatch, cancellationToken);
    }

    /// <summary>Its host, for classes that use its vectors.</summary>
    internal PipelineHost Base => Host;

    /// <summary>The vectors of images on the device, in turn.</summary>
    internal float[][] VectorsOf(ImageStates states) =>
        model is ContrastiveModel contrastive ? contrastive.EmbedImages(states) : ((MatchingModel)model).EmbedImages(states);

    /// <summary>The vectors of texts, in turn.</summary>
    internal float[][] VectorsOf(IReadOnlyList<int[]> texts) =>
        model is ContrastiveModel contrastive ? contrastive.EmbedTexts(texts) : ((MatchingModel)model).EmbedTexts(texts);

    /// <summary>The vectors of images on the device, in turn; a clip's is the mean of its frames' projections, of length one.</summary>
    /// <param name="images">The images; null where one was refused.</param>
    /// <returns>A vector for each image that is there.</returns>
    internal float[]?[] VectorsOf(IReadOnlyList<EncodedImage?> images)
    {
        var vectors = new float[]?[images.Count];
        foreach (var group in images.Index().Where(image => image.Item is not null).GroupBy(image => (image.Item!.Value.States, IsClip: image.Item.Value.Frames > 1)))
        {
            var all = group.Key.IsClip ? ProjectionsOf(group.Key.States) : VectorsOf(group.Key.States);
            foreach (var (place, image) in group)
                vectors[place] = group.Key.IsClip ? Similarity.UnitMean(all[image!.Value.Image..(image.Value.Image + image.Value.Frames)]) : all[image!.Value.Image];
        }
        return vectors;
    }

    private float[][] ProjectionsOf(ImageStates states) =>
        model is ContrastiveModel contrastive ? contrastive.ImageFeatures(states) : ((MatchingModel)model).ProjectImages(states);

    private ImageEmbedding[] RunImages(IReadOnlyList<DecodedImage> batch)
    {
        var results = new ImageEmbedding[batch.Count];
        var vectors = encoder.Vectors(batch, VectorsOf, VectorsOfPixels, (i, error) => results[i] = ImageEmbedding.Failed(batch[i].Source, error));
        for (var i = 0; i < batch.Count; i++)
        {
            if (vectors[i] is { } vector)
                results[i] = IsNumber(vector) ? ImageEmbedding.Of(batch[i].Source, vector) : ImageEmbedding.Failed(batch[i].Source, $"{batch[i].Source.Name}: {NoNumbers}");
        }
        return results;
    }

    private float[][] VectorsOfPixels(int images, int height, int width) =>
        model is ContrastiveModel contrastive ? contrastive.EmbedPixels(images, height, width) : ((MatchingModel)model).EmbedPixels(images, height, width);

    private (string Text, int[]? Ids, string? Error) Read(string text)
    {
        try
        {
            return (text, TextIds.Of(Host, text, rules.VectorText, "Text"), null);
        }
        catch (ArgumentException e)
        {
            return (text, null, e.Message);
        }
    }

    private TextEmbedding[] RunTexts(IReadOnlyList<(string Text, int[]? Ids, string? Error)> batch)
    {
        var readable = batch.Where(text => text.Ids is not null).Select(text => text.Ids!).ToArray();
        var vectors = new Queue<float[]>(readable.Length > 0 ? VectorsOf(readable) : []);
        return [.. batch.Select(text => text.Ids is null
            ? TextEmbedding.Failed(text.Text, text.Error!)
            : vectors.Dequeue() is var vector && IsNumber(vector) ? TextEmbedding.Of(text.Text, vector) : TextEmbedding.Failed(text.Text, NoNumbers))];
    }

    private static bool IsNumber(float[] vector) => Array.TrueForAll(vector, float.IsFinite);
}

/// <summary>How an embedder is set up.</summary>
public sealed record EmbedderOptions : PipelineOptions;
