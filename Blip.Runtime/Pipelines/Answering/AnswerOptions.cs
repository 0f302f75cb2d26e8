using Blip.Runtime.Generation;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>The options of an answerer's call.</summary>
public sealed record AnswerOptions
{
    /// <summary>How words are chosen; null takes <see cref="QuestionAnswerer.Defaults"/>.</summary>
    public GenerationOptions? Generation { get; init; }

    /// <summary>Words or phrases that no answer holds.</summary>
    public IReadOnlyList<string> BadWords { get; init; } = [];

    /// <summary>Words or phrases that make up every answer, in any order and number. Empty allows all words.</summary>
    public IReadOnlyList<string> ForceWords { get; init; } = [];

    /// <summary>
    /// Answers to choose among. Those with the likeliest first tokens are scored in full, and the one whose tokens are likeliest together
    /// is the answer. Empty generates one.
    /// </summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];

    /// <summary>How many <see cref="Candidates"/> are scored in full; 128 is the published setting.</summary>
    public int CandidateCount { get; init; } = 128;

    /// <summary>
    /// Lets the answers to a batch's shorter questions attend to the padding, as both references' generation does. They then depend on the
    /// batch's longest question. False gives each question the same answer as alone.
    /// </summary>
    public bool AttendPadding { get; init; }

    /// <summary>
    /// Also returns where the model looked for each word of the question and of the best answer (<see cref="Answer.QuestionAttention"/>,
    /// <see cref="Answer.Attention"/>), for another pass over each.
    /// </summary>
    public bool Attention { get; init; }

    /// <summary>The method; a rollout needs the image itself, not its kept states.</summary>
    public AttentionMethod AttentionMethod { get; init; }
}

/// <summary>How a question answerer is set up.</summary>
public sealed record QuestionAnswererOptions : ImageCachingOptions;
