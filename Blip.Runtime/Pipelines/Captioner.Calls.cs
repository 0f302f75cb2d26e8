using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <content>One picture, many, and word by word.</content>
public sealed partial class Captioner
{
    /// <summary>Captions one picture.</summary>
    /// <param name="image">The picture; a path is one.</param>
    /// <param name="options">How; null for the model's own way.</param>
    /// <param name="cancellationToken">Ends the work before the next word.</param>
    /// <exception cref="ImageException">The picture cannot be read; the message begins with its name.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or a prompt leaves no room for words.</exception>
    public Caption Caption(ImageSource image, CaptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var plan = Plan(options);
        plan.Prompt(image);
        return Caption(image, plan, onToken: null, cancellationToken);
    }

    /// <summary>Captions one picture on the thread pool.</summary>
    /// <inheritdoc cref="Caption(ImageSource, CaptionOptions?, CancellationToken)"/>
    public Task<Caption> CaptionAsync(ImageSource image, CaptionOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Caption(image, options, cancellationToken), cancellationToken);

    /// <summary>Captions many pictures; results come in the order of the pictures, as each batch is done.</summary>
    /// <inheritdoc cref="CaptionAllAsync(IAsyncEnumerable{ImageSource}, CaptionOptions?, CancellationToken)"/>
    public IAsyncEnumerable<CaptionResult> CaptionAllAsync(
        IEnumerable<ImageSource> images, CaptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return CaptionAllAsync(images.ToAsyncEnumerable(), options, cancellationToken);
    }

    /// <summary>
    /// Captions a stream of pictures. They are decoded on the thread pool while the device works on those before them, about two batches
    /// ahead and no more: a slow reader of the results holds everything back. A picture that cannot be read is a result with an error.
    /// </summary>
    /// <param name="images">The pictures; each is opened when its turn comes.</param>
    /// <param name="options">How; null for the model's own way.</param>
    /// <param name="cancellationToken">Ends the work before the next word of the batch in hand.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the prompt leaves no room for words; thrown at once.</exception>
    public IAsyncEnumerable<CaptionResult> CaptionAllAsync(
        IAsyncEnumerable<ImageSource> images, CaptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return Results(images, Plan(options), cancellationToken);
    }

    /// <summary>
    /// Captions one picture and gives out the text as the model says it; what comes, joined, is the caption's text. A word comes when the
    /// next one begins, since it may still grow until then.
    /// </summary>
    /// <param name="image">The picture; a path is one.</param>
    /// <param name="options">How: greedy or sampling, one sequence. Beam search has no words before its end.</param>
    /// <param name="cancellationToken">Ends the work before the next word.</param>
    /// <exception cref="ArgumentException">An option is out of range, asks for beams or several sequences, or the model has no vocabulary; thrown at once.</exception>
    /// <exception cref="ImageException">The picture cannot be read; thrown by the enumeration.</exception>
    public IAsyncEnumerable<string> StreamAsync(ImageSource image, CaptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var plan = Plan(options);
        if (plan.Generation.NumBeams > 1 || plan.Generation.NumReturnSequences > 1)
            throw new ArgumentException("Words come one by one of one sequence only: set NumBeams and NumReturnSequences to 1.", nameof(options));
        if (tokenizer is null)
            throw new ArgumentException("The model has no vocabulary, and so no words: give a VocabularyFile.", nameof(options));
        plan.Prompt(image);
        return Words(image, plan, cancellationToken);
    }

    private async IAsyncEnumerable<CaptionResult> Results(
        IAsyncEnumerable<ImageSource> images, CaptionPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var batches = images.SelectAheadAsync(DecodedImage.Of, 2 * batchSize, cancellationToken).InGroupsAsync(batchSize, cancellationToken);
        await foreach (var batch in batches.ConfigureAwait(false))
        {
            foreach (var result in await Task.Run(() => Run(batch, plan, onToken: null, cancellationToken), cancellationToken).ConfigureAwait(false))
                yield return result;
        }
    }

    private async IAsyncEnumerable<string> Words(ImageSource image, CaptionPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var words = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var work = Task.Run(() => Speak(image, plan, words.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var word in words.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                yield return word;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await work.ConfigureAwait(false);
        }
    }

    private void Speak(ImageSource image, CaptionPlan plan, ChannelWriter<string> words, CancellationToken cancellationToken)
    {
        try
        {
            var text = tokenizer!.Stream();
            foreach (var token in plan.Prompt(image))
                Give(text.Append(token));
            Caption(image, plan, token => Give(text.Append(token.Token)), cancellationToken);
            Give(text.Finish());
            words.Complete();
        }
        catch (Exception e)
        {
            // The reader meets it where the words end.
            words.Complete(e);
        }

        void Give(string word)
        {
            if (word.Length > 0)
                words.TryWrite(word);
        }
    }

    private Caption Caption(ImageSource image, CaptionPlan plan, Action<GeneratedToken>? onToken, CancellationToken cancellationToken)
    {
        // One picture has no others to spare: what is wrong with it is an exception.
        var decoded = new DecodedImage(image, image.Decode(), null);
        var result = Run([decoded], plan, onToken, cancellationToken)[0];
        return result.Succeeded ? result.Caption : throw new ImageException(result.Error);
    }
}
