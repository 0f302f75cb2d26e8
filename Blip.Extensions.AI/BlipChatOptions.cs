using Blip.Runtime.Pipelines;

namespace Blip.Extensions.AI;

/// <summary>A chat client's models and their setup.</summary>
public sealed class BlipChatOptions
{
    /// <summary>
    /// The captioning model: a folder, a file or a name, as <see cref="Captioner.Load(string, CaptionerOptions?)"/> takes. Null for none.
    /// </summary>
    public string? CaptionModel { get; set; }

    /// <summary>The model that answers questions; null for none.</summary>
    public string? AnswerModel { get; set; }

    /// <summary>How the captioner is set up.</summary>
    public CaptionerOptions Captioner { get; set; } = new();

    /// <summary>How the answerer is set up.</summary>
    public QuestionAnswererOptions Answerer { get; set; } = new();

    /// <summary>Whether messages may name images by <c>file:</c> addresses.</summary>
    public bool AllowLocalFiles { get; set; }
}
