using System.Diagnostics.CodeAnalysis;
using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <summary>The answer to one question.</summary>
/// <param name="Text">The text; null without a vocabulary.</param>
/// <param name="Tokens">Token ids from the start token to the stop token, or to the last one where the length ended the answer.</param>
/// <param name="Score">
/// For a generated answer, the sum of its tokens' log-probabilities / (their number)^LengthPenalty: after beam search, the reference's
/// <c>sequences_scores</c>. For one from a list, the sum.
/// </param>
public sealed record Answer(string? Text, IReadOnlyList<int> Tokens, double Score)
{
    /// <summary>The other answers, best first: further sequences (<c>NumReturnSequences</c>), or the rest of a list.</summary>
    public IReadOnlyList<Answer> Alternatives { get; init; } = [];

    /// <summary>
    /// Where the model looked for each word; empty unless asked for. The decoder attends to the question, and only through it to the image.
    /// </summary>
    public IReadOnlyList<WordAttention> Attention { get; init; } = [];

    /// <summary>The same for each word of the question.</summary>
    public IReadOnlyList<WordAttention> QuestionAttention { get; init; } = [];

    /// <summary>This answer and the others, best first.</summary>
    public IEnumerable<Answer> All => Alternatives.Prepend(this);
}

/// <summary>The answer to one question about one image, or the reason why there is none.</summary>
public sealed class AnswerResult
{
    private AnswerResult(ImageSource source, string question, Answer? answer, string? error) =>
        (Source, Question, Answer, Error) = (source, question, answer, error);

    /// <summary>The image.</summary>
    public ImageSource Source { get; }

    /// <summary>The question.</summary>
    public string Question { get; }

    /// <summary>The answer, where there is one.</summary>
    public Answer? Answer { get; }

    /// <summary>A sentence that begins with the image's name; null for an answer.</summary>
    public string? Error { get; }

    /// <summary>The image for <see cref="WordAttention.Over"/>, where attention was asked for; else null.</summary>
    public RgbImage? Image { get; private init; }

    /// <summary>Whether there is an answer.</summary>
    [MemberNotNullWhen(true, nameof(Answer))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Answer is not null;

    /// <summary>A result with an answer.</summary>
    public static AnswerResult Of(ImageSource source, string question, Answer answer, RgbImage? image = null) =>
        new(source, question, answer, null)
        {
            Image = image,
        };

    /// <summary>A result with an error.</summary>
    public static AnswerResult Failed(ImageSource source, string question, string error) => new(source, question, null, error);
}
