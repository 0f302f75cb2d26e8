using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Chooses among labels for images without training (zero-shot). Each label becomes some texts, and the matching head scores the closest
/// labels by cosine again. It is thread-safe.
/// </summary>
/// <remarks>
/// The probabilities are a softmax of the cosines over the temperature. The labels that the matching head scored keep their sum and share
/// it by a softmax of that head's mean log-odds.
/// </remarks>
/// <example>
/// <code>
/// using var matcher = Matcher.Load("models/blip-itm-base-coco");
/// var labeler = new Labeler(matcher, ["dog", "cat", "horse"]);
/// Console.WriteLine(labeler.Label("photo.jpg")[0].Name);
/// </code>
/// </example>
public sealed class Labeler : Pipeline, ILabeler
{
    // Pairs of one run: a cancelled call ends after it.
    private const int PairsPerRun = 256;

    private readonly Matcher matcher;
    private readonly LabelOptions options;
    private readonly int[][][] prompts;
    private readonly float[][] vectors;
    private readonly ImageCalls<bool, LabelResult> calls;

    /// <summary>Makes the labels' vectors.</summary>
    /// <param name="matcher">The caller's matcher; the labeler lives as long as it does.</param>
    /// <param name="labels">At least two labels.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait for the device.</param>
    /// <exception cref="ArgumentException">
    /// There are fewer than two labels, one is blank or repeated, an option is out of range, or a prompt is too long.
    /// </exception>
    public Labeler(
        Matcher matcher, IReadOnlyList<string> labels, LabelOptions? options = null, CancellationToken cancellationToken = default)
        : base(HostOf(matcher), owner: false)
    {
        ArgumentNullException.ThrowIfNull(labels);
        this.matcher = matcher;
        this.options = options ?? new LabelOptions();
        this.options.Validate();
        Labels = Checked(labels);
        Templates = this.options.Templates ?? LabelOptions.DefaultTemplates;
        var rules = CompatRules.Of(Host.Options.Compat);
        string[][] texts =
            [.. Labels.Select(label =>
                Templates.Select(template => template.Replace(LabelOptions.Place, label, StringComparison.Ordinal)).ToArray())];
        prompts = [.. Labels.Zip(texts, (label, of) =>
            of.Select(text => TextIds.Of(Host, text, rules.RerankText, "Label", label)).ToArray())];
        vectors = [.. matcher.Embedder.EmbedTexts([.. texts.SelectMany(of => of)], cancellationToken).Chunk(Templates.Count)
            .Select(Similarity.UnitMean)];
        calls = new(this, matcher.Encoder, "label")
        {
            Run = (batch, cancellation) => Run([.. batch.Select(call => call.Image)], cancellation),
            Together = (_, _) => true,
        };
    }

    /// <summary>The labels.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The templates in use.</summary>
    public IReadOnlyList<string> Templates { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notices => matcher.Notices;

    /// <inheritdoc/>
    internal override void WarmUp(CancellationToken cancellationToken) => Label(BlankImage(), cancellationToken);

    /// <summary>An image's labels.</summary>
    /// <param name="image">The image, its path, or the matcher's features.</param>
    /// <param name="cancellationToken">Ends the work after the current pairs.</param>
    /// <returns>All labels, likeliest first.</returns>
    /// <exception cref="ImageException">The image cannot be read.</exception>
    public IReadOnlyList<Label> Label(ImageSource image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var result = matcher.Encoder.ForOne(this, image, decoded => Run([decoded], cancellationToken)[0], cancellationToken);
        return result.Succeeded ? result.Labels : throw new ImageException(result.Error);
    }

    /// <summary>The same without blocking a thread.</summary>
    /// <inheritdoc cref="Label"/>
    public async Task<IReadOnlyList<Label>> LabelAsync(ImageSource image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var result = await calls.CallAsync(image, work: true, needsPixels: false, cancellationToken).ConfigureAwait(false);
        return result.Succeeded ? result.Labels : throw new ImageException(result.Error);
    }

    /// <summary>Labels of images in order, as each batch is done.</summary>
    /// <inheritdoc cref="LabelAllAsync(IAsyncEnumerable{ImageSource}, CancellationToken)"/>
    public IAsyncEnumerable<LabelResult> LabelAllAsync(IEnumerable<ImageSource> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return LabelAllAsync(images.ToAsyncEnumerable(), cancellationToken);
    }

    /// <summary>
    /// Labels of a stream of images. They are decoded about two batches ahead. An unreadable image gives a result with an error.
    /// </summary>
    /// <param name="images">The images, each opened in its turn.</param>
    /// <param name="cancellationToken">Ends the work after the current pairs.</param>
    public IAsyncEnumerable<LabelResult> LabelAllAsync(IAsyncEnumerable<ImageSource> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return InImageBatches(
            images, image => image, (_, decoded) => Host.Stage(decoded), batch => Run(batch, cancellationToken), cancellationToken);
    }

    private static PipelineHost HostOf(Matcher matcher)
    {
        ArgumentNullException.ThrowIfNull(matcher);
        return matcher.Host;
    }

    private static string[] Checked(IReadOnlyList<string> labels)
    {
        if (labels.Count < 2)
            throw new ArgumentException(
                $"There {(labels.Count == 1 ? "is 1 label" : "are no labels")}: give at least two to choose among.", nameof(labels));
        if (labels.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentException("A label is blank; give it words.", nameof(labels));
        return labels.GroupBy(label => label, StringComparer.Ordinal).FirstOrDefault(same => same.Skip(1).Any()) is { } twice
            ? throw new ArgumentException($"The label '{twice.Key}' is there twice.", nameof(labels))
            : [.. labels];
    }

    private LabelResult[] Run(IReadOnlyList<DecodedImage> batch, CancellationToken cancellationToken)
    {
        var results = new LabelResult[batch.Count];
        var images = matcher.Encoder.Encode(batch, (i, error) => results[i] = LabelResult.Failed(batch[i].Source, error));
        var cosines = matcher.Embedder.VectorsOf(images).Select(
            image => image is null ? [] : vectors.Select(label => Similarity.Cosine(image, label)).ToArray()).ToArray();
        foreach (var (states, group) in matcher.Encoder.ForTexts(images))
        {
            var rows = (from image in @group
                        from label in Closest(cosines[image.Place])
                        from prompt in prompts[label]
                        select (image.Image, Prompt: prompt)).ToList();
            var logits = new Queue<MatchLogits>(rows.Count);
            foreach (var run in rows.Chunk(PairsPerRun))
            {
                cancellationToken.ThrowIfCancellationRequested();
                Array.ForEach(
                    matcher.Model.Match(states, [.. run.Select(row => row.Prompt)], [.. run.Select(row => row.Image)]), logits.Enqueue);
            }
            foreach (var (place, _) in group)
                results[place] = Result(batch[place].Source, cosines[place], logits);
        }
        return results;
    }

    private int[] Closest(double[] cosines) =>
        [.. Enumerable.Range(0, cosines.Length).OrderByDescending(label => cosines[label]).Take(options.Rerank)];

    private LabelResult Result(ImageSource source, double[] cosines, Queue<MatchLogits> logits)
    {
        var probabilities = Softmax([.. cosines.Select(cosine => cosine / options.Temperature)]);
        var closest = Closest(cosines);
        MatchLogits[][] looked = [.. closest.Select(_ => Templates.Select(_ => logits.Dequeue()).ToArray())];
        var shares = Softmax([.. looked.Select(prompt => prompt.Average(each => (double)each.Match - each.NoMatch))]);
        var whole = closest.Sum(label => probabilities[label]);
        var fits = new double?[cosines.Length];
        foreach (var (i, label) in closest.Index())
            (probabilities[label], fits[label]) = (whole * shares[i], looked[i].Average(each => each.Probability));
        return Array.TrueForAll(probabilities, double.IsFinite)
            ? LabelResult.Of(source, [
                .. Labels.Select((label, i) => new Label(label, probabilities[i], cosines[i]) { MatchProbability = fits[i] })
                    .OrderByDescending(label => label.Probability).ThenByDescending(label => label.Cosine)])
            : LabelResult.Failed(source, $"{source.Name}: {NoNumbers}");
    }

    private static double[] Softmax(double[] scores)
    {
        var most = scores.DefaultIfEmpty().Max();
        double[] weights = [.. scores.Select(score => Math.Exp(score - most))];
        var sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }
}
