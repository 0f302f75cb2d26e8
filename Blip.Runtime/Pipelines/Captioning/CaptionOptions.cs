using Blip.Runtime.Generation;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>The options of a call.</summary>
public sealed record CaptionOptions
{
    /// <summary>How words are chosen; null takes the settings of the model's files (<see cref="Captioner.Defaults"/>).</summary>
    public GenerationOptions? Generation { get; init; }

    /// <summary>Words that captions begin with, such as "a picture of"; null begins as <see cref="PipelineOptions.Compat"/> says: freely, or as the authors' code. An image's own prompt goes before it.</summary>
    public string? Prompt { get; init; }

    /// <summary>Whether a caption's text begins with its prompt; null leaves it to <see cref="PipelineOptions.Compat"/>: the authors' code cuts it off.</summary>
    public bool? KeepPrompt { get; init; }

    /// <summary>Words, or rows of words, that no caption holds.</summary>
    public IReadOnlyList<string> BadWords { get; init; } = [];

    /// <summary>Words, or phrases, that every caption consists of; the model chooses their order and number. Empty allows all words.</summary>
    public IReadOnlyList<string> ForceWords { get; init; } = [];

    /// <summary>Also tell where the model looked for each word of the best caption (<see cref="Caption.Attention"/>); it costs another pass over each caption.</summary>
    public bool Attention { get; init; }

    /// <summary>How that is found: by cross-attention or by rollout, which costs a pass over the image, too.</summary>
    public AttentionMethod AttentionMethod { get; init; }
}

/// <summary>How a captioner is set up.</summary>
public sealed record CaptionerOptions : PipelineOptions
{
    /// <summary>
    /// Whether the decoder has a draft: a copy of its matrices in 8 bits (126 MB for a base model) that writes tokens of single captions ahead. It
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
