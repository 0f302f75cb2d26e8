using Blip.Runtime.Generation;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>The options of an answerer's call.</summary>
public sealed record AnswerOptions
{
    /// <summary>How words are chosen; null takes the settings of the model's files (<see cref="QuestionAnswerer.Defaults"/>).</summary>
    public GenerationOptions? Generation { get; init; }

    /// <summary>Words, or rows of words, that no answer holds.</summary>
    public IReadOnlyList<string> BadWords { get; init; } = [];

    /// <summary>Words, or phrases, that every answer consists of; the model chooses their order and number. Empty allows all words.</summary>
    public IReadOnlyList<string> ForceWords { get; init; } = [];

    /// <summary>
    /// Answers to choose among, in place of writing one: those with the likeliest first tokens are read to their ends, and the one whose tokens
    /// are likeliest together is the answer. Empty writes freely.
    /// </summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];

    /// <summary>How many of the <see cref="Candidates"/> are read to their ends; 128 is the published setting.</summary>
    public int CandidateCount { get; init; } = 128;

    /// <summary>
    /// Lets the answers to a batch's shorter questions look at the padding behind them, as both references' generation does: an answer then
    /// depends on the longest question that goes through the model with it. False gives each question the answer that it has alone.
    /// </summary>
    public bool AttendPadding { get; init; }

    /// <summary>
    /// Also tell where the model looked for each word of the question and of the best answer (<see cref="Answer.QuestionAttention"/>,
    /// <see cref="Answer.Attention"/>); it costs another pass over each.
    /// </summary>
    public bool Attention { get; init; }

    /// <summary>The method: cross-attention, or rollout, which needs the image itself, not its kept states.</summary>
    public AttentionMethod AttentionMethod { get; init; }
}

/// <summary>How a question answerer is set up.</summary>
public sealed record QuestionAnswererOptions : ImageCachingOptions;
