using Blip.Runtime.Generation;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>What is wanted of an answerer's call.</summary>
public sealed record AnswerOptions
{
    /// <summary>How words are chosen; null takes what the model's own files ask for (<see cref="QuestionAnswerer.Defaults"/>).</summary>
    public GenerationOptions? Generation { get; init; }

    /// <summary>Words, or rows of words, that no answer holds.</summary>
    public IReadOnlyList<string> BadWords { get; init; } = [];

    /// <summary>Words, or rows of words, that every answer is made of: nothing else comes, in what order and how often the model chooses. Empty allows all words.</summary>
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

    /// <summary>How that is found: by cross-attention, or by rollout, which needs the image itself, not what is kept of it.</summary>
    public AttentionMethod AttentionMethod { get; init; }
}

/// <summary>How a question answerer is set up.</summary>
public sealed record QuestionAnswererOptions : ImageCachingOptions;
