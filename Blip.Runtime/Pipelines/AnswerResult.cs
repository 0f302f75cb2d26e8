using System.Diagnostics.CodeAnalysis;
using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

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

    /// <summary>What is wrong, where there is no answer; a sentence for people that begins with the image's name.</summary>
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
