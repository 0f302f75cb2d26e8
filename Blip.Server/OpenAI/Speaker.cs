using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Server.Requests;

namespace Blip.Server.OpenAI;

/// <summary>One request's wish for each of its images: a caption, or an answer.</summary>
/// <param name="pipeline">Who says it.</param>
/// <param name="generation">How words are chosen.</param>
/// <param name="textTokens">Tokens of the text that is read with each image.</param>
internal abstract class Speaker(Pipeline pipeline, GenerationOptions generation, int textTokens)
{
    /// <summary>Tokens that are read with each image, its own among them.</summary>
    public int PromptTokens { get; } = textTokens + TokenCounts.OfImage(pipeline);

    /// <summary>False where words are known at the end only.</summary>
    public virtual bool HasWordsBeforeTheEnd => generation is { NumBeams: 1, NumReturnSequences: 1 };

    /// <summary>The texts about several images, in their order.</summary>
    /// <exception cref="ImageException">One of them cannot be read.</exception>
    public abstract IAsyncEnumerable<Said> SayAllAsync(IReadOnlyList<ImageSource> images, CancellationToken cancellationToken);

    /// <summary>The text about one image.</summary>
    /// <exception cref="ImageException">It cannot be read.</exception>
    public abstract Task<Said> SayAsync(ImageSource image, CancellationToken cancellationToken);

    /// <summary>The same, word by word.</summary>
    /// <param name="image">The image.</param>
    /// <param name="onEnd">Given the whole before the words end.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public abstract IAsyncEnumerable<string> StreamAsync(ImageSource image, Action<Said> onEnd, CancellationToken cancellationToken);

    /// <summary>A text that was said, and whether the model ended it itself.</summary>
    protected Said Of(string? text, IReadOnlyList<int> tokens) => new(text ?? "", Math.Max(0, tokens.Count - 1), tokens[^1] == pipeline.EndToken);
}

/// <summary>The text about an image.</summary>
/// <param name="Text">The words.</param>
/// <param name="Tokens">How many tokens they are, the end token counted.</param>
/// <param name="Ended">Whether the model ended them itself, and not the greatest length.</param>
internal sealed record Said(string Text, int Tokens, bool Ended);

/// <summary>Captions.</summary>
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

/// <summary>Answers to one question.</summary>
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
