using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Server.Requests;

namespace Blip.Server.OpenAI;

/// <summary>Writes one request's texts about images: captions or answers.</summary>
internal abstract class Speaker(Pipeline pipeline, GenerationOptions generation, int textTokens)
{
    /// <summary>Tokens that are read with each image, including the image's.</summary>
    public int PromptTokens { get; } = textTokens + TokenCounts.OfImage(pipeline);

    /// <summary>False where the words are known only at the end.</summary>
    public virtual bool HasWordsBeforeTheEnd => generation is { NumBeams: 1, NumReturnSequences: 1 };

    /// <summary>The images' texts, in order.</summary>
    /// <exception cref="ImageException">An image cannot be read.</exception>
    public abstract IAsyncEnumerable<Said> SayAllAsync(IReadOnlyList<ImageSource> images, CancellationToken cancellationToken);

    public abstract Task<Said> SayAsync(ImageSource image, CancellationToken cancellationToken);

    /// <summary>The same, word by word. <paramref name="onEnd"/> gets the whole before the words end.</summary>
    public abstract IAsyncEnumerable<string> StreamAsync(ImageSource image, Action<Said> onEnd, CancellationToken cancellationToken);

    protected Said Of(string? text, IReadOnlyList<int> tokens) =>
        new(text ?? "", Math.Max(0, tokens.Count - 1), tokens[^1] == pipeline.EndToken);
}

/// <summary>
/// A text about an image. <paramref name="Tokens"/> include the end token; <paramref name="Ended"/> is false
/// where the length limit ended the text.
/// </summary>
internal sealed record Said(string Text, int Tokens, bool Ended);

internal sealed class CaptionSpeaker(Captioner captioner, CaptionOptions options)
    : Speaker(captioner, options.Generation!, TokenCounts.Of(captioner, options.Prompt))
{
    /// <inheritdoc/>
    public override async IAsyncEnumerable<Said> SayAllAsync(
        IReadOnlyList<ImageSource> images, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var result in captioner.CaptionAllAsync(images, options, cancellationToken).ConfigureAwait(false))
            yield return result.Succeeded ? Of(result.Caption.Text, result.Caption.Tokens) : throw new ImageException(result.Error);
    }

    /// <inheritdoc/>
    public override async Task<Said> SayAsync(ImageSource image, CancellationToken cancellationToken)
    {
        var caption = await captioner.CaptionAsync(image, options, cancellationToken).ConfigureAwait(false);
        return Of(caption.Text, caption.Tokens);
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<string> StreamAsync(ImageSource image, Action<Said> onEnd, CancellationToken cancellationToken) =>
        captioner.StreamAsync(image, options, caption => onEnd(Of(caption.Text, caption.Tokens)), cancellationToken);
}

internal sealed class AnswerSpeaker(QuestionAnswerer answerer, string question, AnswerOptions options)
    : Speaker(answerer, options.Generation!, TokenCounts.Of(answerer, question))
{
    /// <inheritdoc/>
    public override bool HasWordsBeforeTheEnd => base.HasWordsBeforeTheEnd && options.Candidates.Count == 0;

    /// <inheritdoc/>
    public override async IAsyncEnumerable<Said> SayAllAsync(
        IReadOnlyList<ImageSource> images, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var result in answerer.AnswerAllAsync(images, [question], options, cancellationToken).ConfigureAwait(false))
            yield return result.Succeeded ? Of(result.Answer.Text, result.Answer.Tokens) : throw new ImageException(result.Error);
    }

    /// <inheritdoc/>
    public override async Task<Said> SayAsync(ImageSource image, CancellationToken cancellationToken)
    {
        var answer = await answerer.AnswerAsync(image, question, options, cancellationToken).ConfigureAwait(false);
        return Of(answer.Text, answer.Tokens);
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<string> StreamAsync(ImageSource image, Action<Said> onEnd, CancellationToken cancellationToken) =>
        answerer.StreamAsync(image, question, options, answer => onEnd(Of(answer.Text, answer.Tokens)), cancellationToken);
}
