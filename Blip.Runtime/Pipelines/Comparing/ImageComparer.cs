using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Files;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Tells whether sentences are true of two images (NLVR2). It is thread-safe, and a sentence's answer is the same as alone. Sentences may
/// speak of left and right.
/// </summary>
/// <example>
/// <code>
/// using var comparer = ImageComparer.Load("models/blip-nlvr");
/// Console.WriteLine(comparer.Compare("left.jpg", "right.jpg", "both images show a dog").ProbabilityTrue);
/// </code>
/// </example>
public sealed class ImageComparer : Pipeline, IImageComparer
{
    private readonly ReasoningModel model;
    private readonly ImageEncoder encoder;
    private readonly ImageCalls<IReadOnlyList<int[]>, Judged> calls;

    internal ImageComparer(PipelineHost host, PipelineOptions options)
        : base(host)
    {
        model = host.Own(ReasoningModel.Load(host.Source, host.Device, options.ForModel()));
        encoder = new ImageEncoder(host, model, takesClips: true);
        calls = new(this, encoder, "compare") { Run = (batch, cancellation) => Run(batch, cancellation), Together = (_, _) => true };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notices => model.Notices;

    internal ReasoningModel Model => model;

    /// <inheritdoc/>
    internal override void WarmUp(CancellationToken cancellationToken) =>
        One(BlankImage(), BlankImage(), [[Config.Text.EncoderTokenId, Config.Text.SepTokenId]], cancellationToken);

    /// <summary>Loads a model onto a device.</summary>
    /// <param name="model">As in <see cref="Captioner.Load(string, CaptionerOptions?)"/>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="CheckpointException">The model is missing, damaged, unsafe or compares no images.</exception>
    /// <exception cref="TokenizerException">Its vocabulary cannot be read.</exception>
    /// <exception cref="DeviceException">There is no such device.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static ImageComparer Load(string model, ImageComparerOptions? options = null) =>
        Load(ModelSource.Resolve(model, revision: options?.Revision), options);

    /// <summary>Loads a model onto a device, on the thread pool.</summary>
    /// <param name="model">As in <see cref="Captioner.Load(string, CaptionerOptions?)"/>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="progress">Gets the load's progress.</param>
    /// <param name="cancellationToken">Ends the load between two tensors.</param>
    /// <inheritdoc cref="Load(string, ImageComparerOptions?)" path="/*[not(self::param)]"/>
    public static Task<ImageComparer> LoadAsync(
        string model, ImageComparerOptions? options =
            null, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default) =>
        LoadWatch.LoadAsync(options ?? new ImageComparerOptions(), watched => Load(model, watched), progress, cancellationToken);

    internal static ImageComparer Load(ModelSource source, ImageComparerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= new ImageComparerOptions();
        return PipelineHost.Open(source, options, host => new ImageComparer(host, options));
    }

    /// <summary>Tells whether a sentence is true of two images.</summary>
    /// <inheritdoc cref="Compare(ImageSource, ImageSource, IReadOnlyList{string}, CancellationToken)"/>
    public Comparison Compare(ImageSource left, ImageSource right, string sentence, CancellationToken cancellationToken = default) =>
        Compare(left, right, [sentence], cancellationToken)[0];

    /// <summary>Tells for each sentence whether it is true of two images, which are encoded once.</summary>
    /// <param name="left">The left image, or its path.</param>
    /// <param name="right">The right image.</param>
    /// <param name="sentences">The sentences.</param>
    /// <param name="cancellationToken">Ends the wait for the device.</param>
    /// <returns>A comparison for each sentence, in order.</returns>
    /// <exception cref="ImageException">An image cannot be read.</exception>
    /// <exception cref="ArgumentException">
    /// A sentence is too long, the model has no vocabulary, or an image is kept on a device.
    /// </exception>
    public IReadOnlyList<Comparison> Compare(
        ImageSource left, ImageSource right, IReadOnlyList<string> sentences, CancellationToken cancellationToken = default) =>
        Comparisons(sentences, One(left, right, Ids(sentences), cancellationToken));

    /// <summary>The same without blocking a thread.</summary>
    /// <inheritdoc cref="Compare(ImageSource, ImageSource, IReadOnlyList{string}, CancellationToken)"/>
    public async Task<IReadOnlyList<Comparison>> CompareAsync(
        ImageSource left, ImageSource right, IReadOnlyList<string> sentences, CancellationToken cancellationToken = default)
    {
        var ids = Ids(sentences);
        return Comparisons(
            sentences, await calls.CallAsync(Together(left, right), ids, needsPixels: false, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Compares pairs: a result for each, in order, as each batch is done.</summary>
    /// <inheritdoc cref="CompareAllAsync(IAsyncEnumerable{ImagePair}, CancellationToken)"/>
    public IAsyncEnumerable<ComparisonResult> CompareAllAsync(IEnumerable<ImagePair> pairs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        return CompareAllAsync(pairs.ToAsyncEnumerable(), cancellationToken);
    }

    /// <summary>
    /// Tells for a stream of pairs whether their sentences are true. Images are decoded about two batches ahead. An unreadable image or
    /// sentence gives a result with an error.
    /// </summary>
    /// <param name="pairs">The pairs, each opened in its turn.</param>
    /// <param name="cancellationToken">Ends the work after the current batch.</param>
    /// <exception cref="ArgumentException">The model has no vocabulary; thrown at once.</exception>
    public IAsyncEnumerable<ComparisonResult> CompareAllAsync(
        IAsyncEnumerable<ImagePair> pairs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        if (!HasVocabulary)
            throw new ArgumentException(NoVocabulary, nameof(pairs));
        return InImageBatches(
            pairs,
            pair => Together(pair.Left, pair.Right),
            Ready,
            batch => batch
                .Zip(Run([.. batch.Select(item => (item.Image, item.Ids))], cancellationToken), (item, judged) => Result(item.Pair, judged))
                .ToList(),
            cancellationToken);

        // An unreadable sentence is its pair's error.
        (ImagePair Pair, DecodedImage Image, IReadOnlyList<int[]> Ids) Ready(ImagePair pair, DecodedImage decoded)
        {
            try
            {
                return (pair, decoded, Ids([pair.Sentence]));
            }
            catch (ArgumentException e)
            {
                var error = decoded.Error ?? $"{decoded.Source.Name}: {FailureReason.Sentence(e)}";
                return (pair, new DecodedImage(decoded.Source, null, error), [[]]);
            }
        }
    }

    /// <summary>Two images of one run are a clip of two frames.</summary>
    internal static ImageSource Together(ImageSource left, ImageSource right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return ImageSource.FromFrames([left, right], $"{left.Name}, {right.Name}");
    }

    private List<int[]> Ids(IReadOnlyList<string> sentences)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        return [.. sentences.Select(sentence => TextIds.Of(Host, sentence, CompatRules.Sentence, "Sentence"))];
    }

    private Judged One(ImageSource left, ImageSource right, IReadOnlyList<int[]> ids, CancellationToken cancellationToken) =>
        encoder.ForOne(this, Together(left, right), decoded => Run([(decoded, ids)], cancellationToken)[0], cancellationToken);

    private Judged[] Run(IReadOnlyList<(DecodedImage Image, IReadOnlyList<int[]> Ids)> batch, CancellationToken cancellationToken)
    {
        var judged = new Judged[batch.Count];
        var images = encoder.Encode([.. batch.Select(item => item.Image)], (i, error) => judged[i] = new Judged([], error));
        foreach (var group in Enumerable.Range(0, batch.Count).Where(i => images[i] is not null).GroupBy(i => images[i]!.Value.States))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rows = group.SelectMany(i => batch[i].Ids.Select(ids => (images[i]!.Value.Image, Ids: ids))).ToList();
            var logits = new Queue<JudgementLogits>(rows.Count == 0 ? [] : model.Judge(
                group.Key, rows.ConvertAll(row => row.Ids), rows.ConvertAll(row => row.Image), rows.ConvertAll(row => row.Image + 1)));
            foreach (var i in group)
            {
                JudgementLogits[] own = [.. batch[i].Ids.Select(_ => logits.Dequeue())];
                var isNumber = Array.TrueForAll(own, each => double.IsFinite(each.Probability));
                judged[i] = new Judged(own, isNumber ? null : $"{batch[i].Image.Source.Name}: {NoNumbers}");
            }
        }
        return judged;
    }

    private static ComparisonResult Result(ImagePair pair, Judged judged) => judged.Error is { } error
        ? ComparisonResult.Failed(pair, error)
        : ComparisonResult.Of(pair, Comparisons([pair.Sentence], judged)[0]);

    private static List<Comparison> Comparisons(IReadOnlyList<string> sentences, Judged judged) => judged.Error is { } error
        ? throw new ImageException(error)
        : [.. sentences.Zip(judged.Logits,
            (sentence, logits) => new Comparison(sentence, logits.Probability) { TrueLogit = logits.True, FalseLogit = logits.False })];

    /// <summary>A pair's logits, or its error.</summary>
    private sealed record Judged(JudgementLogits[] Logits, string? Error);
}
