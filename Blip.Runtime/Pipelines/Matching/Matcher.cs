using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Files;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Tells how well texts fit images. It is thread-safe, encodes an image once for all its texts, and gives a pair the same result as alone.
/// </summary>
/// <example>
/// <code>
/// using var matcher = Matcher.Load("models/blip-itm-base-coco");
/// Console.WriteLine(matcher.Match("photo.jpg", "a dog on a beach").MatchProbability);
/// </code>
/// </example>
public sealed class Matcher : Pipeline, IMatcher
{
    // Pairs of one run: a cancelled call ends after it.
    private const int PairsPerRun = 256;

    private static readonly MatchOptions Plain = new();

    private readonly MatchingModel model;
    private readonly ImageEncoder encoder;
    private readonly ImageCalls<Comparison, MatchResult> calls;
    private readonly CompatRules rules;

    internal Matcher(PipelineHost host, PipelineOptions options, long imageCacheBytes = 0)
        : base(host)
    {
        rules = CompatRules.Of(options.Compat);
        model = host.Own(MatchingModel.Load(host.Source, host.Device, options.ForModel()));
        encoder = new ImageEncoder(host, model, imageCacheBytes, takesClips: true);
        calls = new(this, encoder, "match") { Run = RunCalls, Together = (first, other) => first.IsLike(other) };
        Embedder = new Embedder(host, model, encoder, rules, owner: false);
    }

    /// <summary>Vectors of images and texts from the same weights. It lives as long as the matcher; disposing it does nothing.</summary>
    public Embedder Embedder { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notices => model.Notices;

    internal MatchingModel Model => model;

    internal ImageEncoder Encoder => encoder;

    internal ImageCache Cache => encoder.Cache;

    /// <inheritdoc/>
    internal override void WarmUp(CancellationToken cancellationToken)
    {
        if (HasVocabulary)
            Match(BlankImage(), "warm up", options: null, cancellationToken);
        else
            Embedder.EmbedImage(BlankImage(), cancellationToken);
    }

    /// <summary>Loads a model onto a device.</summary>
    /// <param name="model">As in <see cref="Captioner.Load(string, CaptionerOptions?)"/>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="CheckpointException">The model is missing, damaged, unsafe or no matcher.</exception>
    /// <exception cref="TokenizerException">Its vocabulary cannot be read.</exception>
    /// <exception cref="DeviceException">There is no such device.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static Matcher Load(string model, MatcherOptions? options = null) =>
        Load(ModelSource.Resolve(model, revision: options?.Revision), options);

    /// <summary>Loads a model onto a device, on the thread pool.</summary>
    /// <param name="model">As in <see cref="Captioner.Load(string, CaptionerOptions?)"/>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="progress">Gets the load's progress.</param>
    /// <param name="cancellationToken">Ends the load between two tensors.</param>
    /// <inheritdoc cref="Load(string, MatcherOptions?)" path="/*[not(self::param)]"/>
    public static Task<Matcher> LoadAsync(
        string model, MatcherOptions? options =
            null, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default) =>
        LoadWatch.LoadAsync(options ?? new MatcherOptions(), watched => Load(model, watched), progress, cancellationToken);

    internal static Matcher Load(ModelSource source, MatcherOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= new MatcherOptions();
        return PipelineHost.Open(source, options, host => new Matcher(host, options, options.ImageCacheBytes));
    }

    /// <summary>Encodes an image and keeps it on the device.</summary>
    /// <param name="image">The image, or its path.</param>
    /// <param name="cancellationToken">Ends the wait for the device.</param>
    /// <returns>Features for the caller to dispose.</returns>
    /// <exception cref="ImageException">The image cannot be read.</exception>
    public ImageFeatures Encode(ImageSource image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        return encoder.Keep(this, image, cancellationToken);
    }

    /// <summary>The same without blocking a thread.</summary>
    /// <inheritdoc cref="Encode"/>
    public Task<ImageFeatures> EncodeAsync(ImageSource image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        return encoder.KeepAsync(this, image, cancellationToken);
    }

    /// <summary>Tells how well a text fits an image.</summary>
    /// <inheritdoc cref="Match(ImageSource, IReadOnlyList{string}, MatchOptions?, CancellationToken)"/>
    public Match Match(ImageSource image, string text, MatchOptions? options = null, CancellationToken cancellationToken = default) =>
        Match(image, [text], options, cancellationToken)[0];

    /// <summary>Tells how well each text fits an image.</summary>
    /// <param name="image">The image, its path, or the features of <see cref="Encode"/>.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work after the current pairs.</param>
    /// <returns>A match for each text, in order.</returns>
    /// <exception cref="ImageException">The image cannot be read.</exception>
    /// <exception cref="ArgumentException">A text is too long, or the model has no vocabulary.</exception>
    /// <exception cref="ObjectDisposedException">The image's handle is disposed.</exception>
    public IReadOnlyList<Match> Match(
        ImageSource image, IReadOnlyList<string> texts, MatchOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var ids = Ids(texts, options);
        var result = encoder.ForOne(
            this, image, decoded => Run([new Pairs(decoded, texts)], text => ids[text], options, cancellationToken)[0], cancellationToken,
                NeedsPixels(options));
        return result.Succeeded ? result.Matches : throw new ImageException(result.Error);
    }

    /// <summary>Tells how well each text fits an image, without blocking a thread.</summary>
    /// <inheritdoc cref="Match(ImageSource, IReadOnlyList{string}, MatchOptions?, CancellationToken)"/>
    public async Task<IReadOnlyList<Match>> MatchAsync(
        ImageSource image, IReadOnlyList<string> texts, MatchOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var ids = Ids(texts, options);
        var result = await calls.CallAsync(image, new Comparison(texts, ids, options), NeedsPixels(options), cancellationToken)
            .ConfigureAwait(false);
        return result.Succeeded ? result.Matches : throw new ImageException(result.Error);
    }

    /// <summary>Tells how well all texts fit all images: results in order, as each batch is done.</summary>
    /// <inheritdoc cref="MatchAllAsync(IAsyncEnumerable{ImageSource}, IReadOnlyList{string}, MatchOptions?, CancellationToken)"/>
    public IAsyncEnumerable<MatchResult> MatchAllAsync(
        IEnumerable<ImageSource> images, IReadOnlyList<string> texts, MatchOptions? options =
            null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return MatchAllAsync(images.ToAsyncEnumerable(), texts, options, cancellationToken);
    }

    /// <summary>
    /// Tells how well all texts fit a stream of images, each encoded once. They are decoded about two batches ahead; a slow reader holds
    /// everything back. An unreadable image gives a result with an error.
    /// </summary>
    /// <param name="images">The images, each opened in its turn.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work after the current pairs.</param>
    /// <exception cref="ArgumentException">A text is too long, or the model has no vocabulary; thrown at once.</exception>
    public IAsyncEnumerable<MatchResult> MatchAllAsync(
        IAsyncEnumerable<ImageSource> images, IReadOnlyList<string> texts, MatchOptions? options =
            null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        var ids = Ids(texts, options);
        return InImageBatches(
            images,
            image => image,
            (_, decoded) => new Pairs(Host.Stage(decoded), texts),
            batch => Run(batch, text => ids[text], options, cancellationToken),
            cancellationToken);
    }

    /// <summary>Tells how well each pair fits together: results with one match each, in order, as each batch is done.</summary>
    /// <param name="pairs">Images with their texts, each opened in its turn.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work after the current pairs.</param>
    /// <exception cref="ArgumentException">The model has no vocabulary; thrown at once.</exception>
    public IAsyncEnumerable<MatchResult> MatchPairsAsync(
        IAsyncEnumerable<ImageText> pairs, MatchOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        var rule = Rule(options);
        if (!HasVocabulary)
            throw new ArgumentException(NoVocabulary, nameof(pairs));
        return InImageBatches(pairs, pair => pair.Image, Ready, batch => Run(batch, Read, options, cancellationToken), cancellationToken);

        int[] Read(string text) => TextIds.Of(Host, text, rule, "Text");

        // An unreadable text is its pair's error.
        Pairs Ready(ImageText pair, DecodedImage decoded)
        {
            try
            {
                Read(pair.Text);
            }
            catch (ArgumentException e)
            {
                decoded = new DecodedImage(pair.Image, null, decoded.Error ?? $"{pair.Image.Name}: {FailureReason.Sentence(e)}");
            }
            return new Pairs(decoded, [pair.Text]);
        }
    }

    private static bool NeedsPixels(MatchOptions? options) =>
        options is not null && AttentionRules.NeedsPixels(options.Attention, options.AttentionMethod);

    private Func<int[], TextConfig, int[]> Rule(MatchOptions? options)
    {
        if (options is { Attention: true, AttentionLayer: { } layer } && (uint)layer >= (uint)Config.Text.Layers)
            throw new ArgumentException(
                $"AttentionLayer is {layer}; the text encoder has layers 0 to {Config.Text.Layers - 1}.", nameof(options));
        var own = RulesOf(options);
        return options?.Reranking == true ? own.RerankText : own.MatchText;
    }

    private CompatRules RulesOf(MatchOptions? options)
    {
        if (options?.MaxTextTokens is < 2 and var most)
            throw new ArgumentException($"MaxTextTokens is {most}; give 2 or more: [CLS] and [SEP] always stay.", nameof(options));
        return rules.ForMatching(options?.EncoderToken, options?.MaxTextTokens);
    }

    private Dictionary<string, int[]> Ids(IReadOnlyList<string> texts, MatchOptions? options) =>
        TextIds.OfEach(Host, texts, Rule(options), "Text");

    /// <summary>Matches a batch of images, each with its texts, in turn.</summary>
    internal MatchResult[] RunInTurn(IReadOnlyList<(DecodedImage Image, IReadOnlyList<string> Texts)> batch, MatchOptions? options)
    {
        var rule = Rule(options);
        return Run([.. batch.Select(pair => new Pairs(pair.Image, pair.Texts))], text => TextIds.Of(Host, text, rule, "Text"), options,
            CancellationToken.None);
    }

    /// <summary>Takes over images that another model on the device encoded with the same weights. In turn.</summary>
    internal ImageStates AdoptInTurn(ImageStates states) => model.Vision.Adopt(states);

    private MatchResult[] Run(
        IReadOnlyList<Pairs> batch, Func<string, int[]> read, MatchOptions? options, CancellationToken cancellationToken)
    {
        var results = new MatchResult[batch.Count];
        var images = encoder.Encode([.. batch.Select(pairs => pairs.Decoded)],
            (i, error) => results[i] = MatchResult.Failed(batch[i].Decoded.Source, error), NeedsPixels(options));
        if (options?.Attention == true)
            RefuseClips(batch, images, results);
        var places = Enumerable.Range(0, batch.Count).Where(i => images[i] is not null).ToList();
        var texts = places.SelectMany(i => batch[i].Texts).Distinct(StringComparer.Ordinal).ToList();
        // Vectors' texts always begin with [CLS]; the pairs' texts may not.
        var vectors = texts.Zip(Vectors(texts, RulesOf(options), cancellationToken))
            .ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);
        var imageVectors = Embedder.VectorsOf(images);
        foreach (var (states, group) in encoder.ForTexts(images))
        {
            var rows = group.SelectMany(image => batch[image.Place].Texts.Select(text => (image.Image, Text: text))).ToList();
            var logits = new Queue<MatchLogits>(rows.Count);
            foreach (var run in rows.Chunk(PairsPerRun))
            {
                cancellationToken.ThrowIfCancellationRequested();
                Array.ForEach(model.Match(states, [.. run.Select(row => read(row.Text))], [.. run.Select(row => row.Image)]),
                    logits.Enqueue);
            }
            foreach (var (i, _) in group)
            {
                var image = images[i]!.Value;
                results[i] = Result(
                    batch[i], logits, text => Similarity.Cosine(imageVectors[i], vectors[text]),
                    options?.Attention == true ? text => Attention(image, read(text), options) : null);
            }
        }
        return results;
    }

    // Maps are drawn over one image.
    private static void RefuseClips(IReadOnlyList<Pairs> batch, EncodedImage?[] images, MatchResult[] results)
    {
        for (var i = 0; i < images.Length; i++)
        {
            if (images[i] is not { Frames: > 1 })
                continue;
            var source = batch[i].Decoded.Source;
            (images[i], results[i]) =
                (null, MatchResult.Failed(source,
                    $"{source.Name}: it is a clip, and where a text looked is told of one image: give a frame, or leave attention out."));
        }
    }

    private IEnumerable<float[]> Vectors(List<string> texts, CompatRules own, CancellationToken cancellationToken)
    {
        foreach (var run in texts.Chunk(PairsPerRun))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var vector in Embedder.VectorsOf([.. run.Select(text => TextIds.Of(Host, text, own.VectorText, "Text"))]))
                yield return vector;
        }
    }

    private List<WordAttention> Attention(EncodedImage image, int[] text, MatchOptions options) => WordAttentions.Of(
        Host, model.Attention(image.States, text, image.Image, options.AttentionMethod, options.AttentionLayer), image.Rollout, text,
            WordAttentions.Read);

    private static MatchResult Result(
        Pairs pairs, Queue<MatchLogits> logits, Func<string, double> cosine, Func<string, IReadOnlyList<WordAttention>>? attention)
    {
        var matches = pairs.Texts
            .Select(text => (Text: text, Logits: logits.Dequeue()))
            .Select(row => new Match(row.Text, row.Logits.Probability, cosine(row.Text))
            {
                MatchLogit = row.Logits.Match,
                NoMatchLogit = row.Logits.NoMatch,
                Attention = attention?.Invoke(row.Text) ?? [],
            })
            .ToList();
        var source = pairs.Decoded.Source;
        return matches.TrueForAll(match => double.IsFinite(match.MatchProbability) && double.IsFinite(match.Cosine))
            ? MatchResult.Of(source, matches, attention is null ? null : pairs.Decoded.Image)
            : MatchResult.Failed(source, $"{source.Name}: {NoNumbers}");
    }

    private MatchResult[] RunCalls(IReadOnlyList<(DecodedImage Image, Comparison Work)> batch, CancellationToken cancellationToken)
    {
        var ids = new Dictionary<string, int[]>(StringComparer.Ordinal);
        foreach (var (text, tokens) in batch.SelectMany(call => call.Work.Ids))
            ids[text] = tokens;
        return Run([.. batch.Select(call => new Pairs(call.Image, call.Work.Texts))], text => ids[text], batch[0].Work.Options,
            cancellationToken);
    }

    private sealed record Comparison(IReadOnlyList<string> Texts, Dictionary<string, int[]> Ids, MatchOptions? Options)
    {
        /// <summary>Whether another call may run with this one.</summary>
        public bool IsLike(Comparison other) => (Options ?? Plain) == (other.Options ?? Plain);
    }

    private readonly record struct Pairs(DecodedImage Decoded, IReadOnlyList<string> Texts);
}
