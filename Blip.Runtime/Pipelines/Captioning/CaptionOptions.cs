using Blip.Runtime.Generation;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>The options of a captioner's call.</summary>
public sealed record CaptionOptions
{
    /// <summary>How words are chosen; null takes <see cref="Captioner.Defaults"/>.</summary>
    public GenerationOptions? Generation { get; init; }

    /// <summary>
    /// Words that captions begin with; null takes those of <see cref="PipelineOptions.Compat"/>, if any. An image's prompt replaces them.
    /// </summary>
    public string? Prompt { get; init; }

    /// <summary>
    /// Whether a caption's text begins with its prompt; null follows <see cref="PipelineOptions.Compat"/>: the authors' code cuts it off.
    /// </summary>
    public bool? KeepPrompt { get; init; }

    /// <summary>Words or phrases that no caption holds.</summary>
    public IReadOnlyList<string> BadWords { get; init; } = [];

    /// <summary>Words or phrases that make up every caption, in any order and number. Empty allows all words.</summary>
    public IReadOnlyList<string> ForceWords { get; init; } = [];

    /// <summary>
    /// Also returns where the model looked for each word of the best caption (<see cref="Caption.Attention"/>), for another pass over each
    /// caption.
    /// </summary>
    public bool Attention { get; init; }

    /// <summary>The method; a rollout also costs a pass over the image.</summary>
    public AttentionMethod AttentionMethod { get; init; }
}

/// <summary>How a captioner is set up.</summary>
public sealed record CaptionerOptions : PipelineOptions
{
    /// <summary>
    /// Whether the decoder has a draft: an 8-bit copy of its matrices (126 MB for a base model) that proposes tokens of single captions. It
    /// changes the time, never a result.
    /// </summary>
    public DraftMode Draft { get; init; }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Check(Draft, nameof(Draft));
    }

    /// <inheritdoc/>
    internal override ModelOptions ForModel() => base.ForModel() with { Draft = Draft };
}
