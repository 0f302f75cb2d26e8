using System.Diagnostics.CodeAnalysis;
using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <summary>An answerer's result for one question.</summary>
/// <param name="Text">The words; null where the model has no vocabulary.</param>
/// <param name="Tokens">Token ids from the start token to the stop token (or to the last token, where the length ended the answer).</param>
/// <param name="Score">
/// Of a generated answer the sum of its tokens' log-probabilities / (their number)^LengthPenalty (after beam search the reference's
/// <c>sequences_scores</c>); of one out of a list the sum alone.
/// </param>
public sealed record Answer(string? Text, IReadOnlyList<int> Tokens, double Score)
{
    /// <summary>The other answers, best first: sequences that were asked for (<c>NumReturnSequences</c>), or the rest of a list.</summary>
    public IReadOnlyList<Answer> Alternatives { get; init; } = [];

    /// <summary>
    /// Where the model looked while it said each word; empty unless it was asked for. The decoder sees no image: a word looks at the question's
    /// words, and by way of each of them at the image.
    /// </summary>
    public IReadOnlyList<WordAttention> Attention { get; init; } = [];

    /// <summary>Where it looked while it read each word of the question; empty unless it was asked for.</summary>
    public IReadOnlyList<WordAttention> QuestionAttention { get; init; } = [];

    /// <summary>This answer and the others, best first.</summary>
    public IEnumerable<Answer> All => Alternatives.Prepend(this);
}

/// <summary>The answer to one question about one image, or the reason why there is none: in a stream of many, one bad file stops nothing.</summary>
public sealed class AnswerResult
{
    private AnswerResult(ImageSource source, string question, Answer? answer, string? error) =>
        (Source, Question, Answer, Error) = (source, question, answer, error);

    /// <summary>The image that was asked about.</summary>
    public ImageSource Source { get; }

    /// <summary>The question.</summary>
    public string Question { get; }

    /// <summary>The answer, where there is one.</summary>
    public Answer? Answer { get; }

    /// <summary>The error, where there is no answer; a sentence for people that begins with the image's name.</summary>
    public string? Error { get; }

    /// <summary>The image itself, where attention was asked for and it was decoded for it: <see cref="WordAttention.Over"/> draws on it. Null otherwise.</summary>
    public RgbImage? Image { get; private init; }

    /// <summary>True where there is an answer.</summary>
    [MemberNotNullWhen(true, nameof(Answer))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Answer is not null;

    /// <summary>A result with an answer.</summary>
    public static AnswerResult Of(ImageSource source, string question, Answer answer, RgbImage? image = null) => new(source, question, answer, null) { Image = image };

    /// <summary>A result without one.</summary>
    public static AnswerResult Failed(ImageSource source, string question, string error) => new(source, question, null, error);
}
