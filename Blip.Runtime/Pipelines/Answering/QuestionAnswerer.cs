using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Answers questions about images. It is thread-safe, encodes an image once for all its questions, and gives each question the same answer
/// as alone.
/// </summary>
/// <example>
/// <code>
/// using var answerer = QuestionAnswerer.Load("models/blip-vqa-base");
/// Console.WriteLine(answerer.Answer("photo.jpg", "how many dogs are there?").Text);
/// </code>
/// </example>
public sealed partial class QuestionAnswerer : Pipeline, IQuestionAnswerer
{
    private const int PublishedImageSize = 384;

    private readonly AnsweringModel model;
    private readonly Generator generator;
    private readonly ImageEncoder encoder;
    private readonly ImageCalls<Conversation, List<AnswerResult>> calls;
    private readonly CompatRules rules;

    private QuestionAnswerer(PipelineHost host, QuestionAnswererOptions options)
        : base(host)
    {
        Defaults = DefaultsOf(host.Source, options.Compat);
        rules = CompatRules.Of(options.Compat);
        model = host.Own(AnsweringModel.Load(host.Source, host.Device, options.ForModel()));
        generator = host.Own(new Generator(host.Device));
        encoder = new ImageEncoder(host, model, options.ImageCacheBytes);
        calls = new(this, encoder, "answer") { Run = RunCalls, Together = (first, other) => first.IsLike(other), TokensOf = TokensOf };
    }

    /// <summary>The default choice of words: by the model's files, or as in the authors' code.</summary>
    public GenerationOptions Defaults { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notices => [.. Host.Source.GenerationDefaults.Notices, .. model.Notices];

    internal AnsweringModel Model => model;

    internal ImageCache Cache => encoder.Cache;

    /// <summary>How a model's answers are chosen by default.</summary>
    internal static GenerationOptions DefaultsOf(ModelSource source, Compat compat)
    {
        ArgumentNullException.ThrowIfNull(source);
        return CompatRules.Of(compat).Answering ?? GenerationOptions.From(source.GenerationDefaults);
    }

    /// <inheritdoc/>
    internal override void WarmUp(CancellationToken cancellationToken)
    {
        using var image = Encode(BlankImage(), cancellationToken);
        if (HasVocabulary)
            Answer(image, "is it warm?", options: null, cancellationToken);
    }

    /// <summary>Loads a model onto a device.</summary>
    /// <param name="model">As in <see cref="Captioner.Load(string, CaptionerOptions?)"/>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="CheckpointException">The model is missing, damaged, unsafe or answers no questions.</exception>
    /// <exception cref="TokenizerException">Its vocabulary cannot be read.</exception>
    /// <exception cref="DeviceException">There is no such device.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static QuestionAnswerer Load(string model, QuestionAnswererOptions? options = null) =>
        Load(ModelSource.Resolve(model, revision: options?.Revision), options);

    /// <summary>Loads a model onto a device, on the thread pool.</summary>
    /// <param name="model">As in <see cref="Captioner.Load(string, CaptionerOptions?)"/>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="progress">Gets the load's progress.</param>
    /// <param name="cancellationToken">Ends the load between two tensors.</param>
    /// <inheritdoc cref="Load(string, QuestionAnswererOptions?)" path="/*[not(self::param)]"/>
    public static Task<QuestionAnswerer> LoadAsync(
        string model, QuestionAnswererOptions? options =
            null, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default) =>
        LoadWatch.LoadAsync(options ?? new QuestionAnswererOptions(), watched => Load(model, watched), progress, cancellationToken);

    internal static QuestionAnswerer Load(ModelSource source, QuestionAnswererOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= new QuestionAnswererOptions();
        return PipelineHost.Open(
            source, options, host => new QuestionAnswerer(host, options), ImageSize(source, CompatRules.Of(options.Compat)));
    }

    // Published models were trained on 384 pixels and answer at 480. Other checkpoints' files decide.
    private static int? ImageSize(ModelSource source, CompatRules rules) =>
        source.Config.Vision.ImageSize == PublishedImageSize ? rules.QuestionImageSize : null;

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

    /// <summary>Answers a question about an image.</summary>
    /// <inheritdoc cref="Answer(ImageSource, IReadOnlyList{string}, AnswerOptions?, CancellationToken)"/>
    public Answer Answer(
        ImageSource image, string question, AnswerOptions? options = null, CancellationToken cancellationToken = default) =>
        Answer(image, [question], options, cancellationToken)[0];

    /// <summary>Answers questions about an image.</summary>
    /// <param name="image">The image, its path, or the features of <see cref="Encode"/>.</param>
    /// <param name="questions">The questions.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work before the next token.</param>
    /// <returns>An answer for each question, in order.</returns>
    /// <exception cref="ImageException">The image cannot be read.</exception>
    /// <exception cref="ArgumentException">An option is out of range, a question is too long, or the model has no vocabulary.</exception>
    /// <exception cref="ObjectDisposedException">The image's handle is disposed.</exception>
    public IReadOnlyList<Answer> Answer(
        ImageSource image, IReadOnlyList<string> questions, AnswerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        Check(questions);
        return Answers(image, questions, Plan(options), cancellationToken);
    }

    /// <summary>Answers a question about an image without blocking a thread.</summary>
    /// <inheritdoc cref="Answer(ImageSource, IReadOnlyList{string}, AnswerOptions?, CancellationToken)"/>
    public async Task<Answer> AnswerAsync(
        ImageSource image, string question, AnswerOptions? options = null, CancellationToken cancellationToken = default) =>
        (await AnswerAsync(image, [question], options, cancellationToken).ConfigureAwait(false))[0];

    /// <summary>Answers questions about an image without blocking a thread.</summary>
    /// <inheritdoc cref="Answer(ImageSource, IReadOnlyList{string}, AnswerOptions?, CancellationToken)"/>
    public Task<IReadOnlyList<Answer>> AnswerAsync(
        ImageSource image, IReadOnlyList<string> questions, AnswerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        Check(questions);
        return AnswersAsync(image, questions, Plan(options), onToken: null, cancellationToken);
    }

    /// <summary>Answers all questions about all images, image by image, as each batch is done.</summary>
    /// <inheritdoc cref="AnswerAllAsync(IAsyncEnumerable{ImageText}, AnswerOptions?, CancellationToken)" path="/*[not(self::param)]"/>
    /// <param name="images">The images, each opened in its turn.</param>
    /// <param name="questions">The questions.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work before the next token.</param>
    /// <exception cref="ArgumentException">
    /// An option is out of range, a question is too long, or the model has no vocabulary; thrown at once.
    /// </exception>
    public IAsyncEnumerable<AnswerResult> AnswerAllAsync(
        IEnumerable<ImageSource> images, IReadOnlyList<string> questions, AnswerOptions? options =
            null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        Check(questions);
        return Results(images.ToAsyncEnumerable().Select(image => new Questions(image, questions)), Plan(options), cancellationToken);
    }

    /// <summary>
    /// Answers a stream of questions about images. Images are decoded about two batches ahead; a slow reader holds everything back.
    /// Consecutive questions about one image encode it once. An unreadable image or question gives a result with an error.
    /// </summary>
    /// <param name="questions">Images with their questions, each opened in its turn.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work before the next token.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the model has no vocabulary; thrown at once.</exception>
    public IAsyncEnumerable<AnswerResult> AnswerAllAsync(
        IAsyncEnumerable<ImageText> questions, AnswerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(questions);
        if (!HasVocabulary)
            throw new ArgumentException(
                "The model has no vocabulary to turn questions into tokens: give a VocabularyFile.", nameof(questions));
        return Results(Together(questions, cancellationToken), Plan(options), cancellationToken);
    }

    /// <summary>
    /// Answers a question and yields the text as it is generated; the parts, joined, are the answer's text. A word comes when the next one
    /// begins.
    /// </summary>
    /// <param name="image">The image, its path, or the features of <see cref="Encode"/>.</param>
    /// <param name="question">The question.</param>
    /// <param name="options">Greedy or sampling, one sequence, no candidates.</param>
    /// <param name="cancellationToken">Ends the work before the next token.</param>
    /// <exception cref="ArgumentException">
    /// An option is out of range, asks for several sequences or candidates, or the model has no vocabulary; thrown at once.
    /// </exception>
    /// <exception cref="ImageException">The image cannot be read; thrown by the enumeration.</exception>
    public IAsyncEnumerable<string> StreamAsync(
        ImageSource image, string question, AnswerOptions? options = null, CancellationToken cancellationToken = default) =>
        StreamAsync(image, question, options, onEnd: null, cancellationToken);

    /// <inheritdoc cref="StreamAsync(ImageSource, string, AnswerOptions?, CancellationToken)" path="/*[not(self::param)]"/>
    /// <param name="image">The image, its path, or the features of <see cref="Encode"/>.</param>
    /// <param name="question">The question.</param>
    /// <param name="options">Greedy or sampling, one sequence.</param>
    /// <param name="onEnd">Gets the whole answer before the enumeration ends; may be null.</param>
    /// <param name="cancellationToken">Ends the work before the next token.</param>
    public IAsyncEnumerable<string> StreamAsync(
        ImageSource image, string question, AnswerOptions? options, Action<Answer>? onEnd, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(image);
        var plan = Plan(options);
        if (plan.Candidates.Count > 0)
            throw new ArgumentException(
                "Words come one by one of an answer that is written, not of one out of a list: leave Candidates empty.", nameof(options));
        var words = WordStream.Check(plan.Generation, Tokenizer);
        Check([question]);
        return WordStream.Of(words, Speak, cancellationToken);

        async Task Speak(Action<int> say, CancellationToken stop)
        {
            var answers = await AnswersAsync(image, [question], plan, token => say(token.Token), stop).ConfigureAwait(false);
            onEnd?.Invoke(answers[0]);
        }
    }
}
