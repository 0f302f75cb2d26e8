using Blip.Runtime.Pipelines;

namespace Blip.Extensions.AI;

/// <summary>Which models a chat client has, and how they are set up.</summary>
public sealed class BlipChatOptions
{
    /// <summary>The model that captions images (a folder, a file or a name, as <see cref="Captioner.Load(string, CaptionerOptions?)"/> takes); null for none.</summary>
    public string? CaptionModel { get; set; }

    /// <summary>The model that answers questions about them; null for none.</summary>
    public string? AnswerModel { get; set; }

    /// <summary>How the captioner is set up.</summary>
    public CaptionerOptions Captioner { get; set; } = new();

    /// <summary>How the answerer is set up.</summary>
    public QuestionAnswererOptions Answerer { get; set; } = new();

    /// <summary>Whether messages may name images by <c>file:</c> addresses.</summary>
    public bool AllowLocalFiles { get; set; }
}
