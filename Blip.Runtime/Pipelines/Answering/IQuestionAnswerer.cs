namespace Blip.Runtime.Pipelines;

/// <summary>The interface of <see cref="QuestionAnswerer"/>, for tests without a model.</summary>
public interface IQuestionAnswerer
{
    /// <inheritdoc cref="QuestionAnswerer.AnswerAsync(ImageSource, IReadOnlyList{string}, AnswerOptions?, CancellationToken)"/>
    Task<IReadOnlyList<Answer>> AnswerAsync(
        ImageSource image, IReadOnlyList<string> questions, AnswerOptions? options = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="QuestionAnswerer.AnswerAllAsync(IAsyncEnumerable{ImageText}, AnswerOptions?, CancellationToken)"/>
    IAsyncEnumerable<AnswerResult> AnswerAllAsync(
        IAsyncEnumerable<ImageText> questions, AnswerOptions? options = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="QuestionAnswerer.StreamAsync(ImageSource, string, AnswerOptions?, CancellationToken)"/>
    IAsyncEnumerable<string> StreamAsync(
        ImageSource image, string question, AnswerOptions? options = null, CancellationToken cancellationToken = default);
}
