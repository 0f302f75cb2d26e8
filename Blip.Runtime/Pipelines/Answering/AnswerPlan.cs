using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>An answerer's call, checked: how answers are generated, or which to choose among.</summary>
internal sealed class AnswerPlan : GenerationPlan
{
    public AnswerPlan(AnswerOptions options, GenerationOptions defaults, TextConfig text, WordPieceTokenizer? tokenizer)
        : base(options.Generation ?? defaults, options.BadWords, options.ForceWords, attention: false, text, tokenizer)
    {
        Options = options;
        AttentionRules.CheckWritten(options.Attention, options.AttentionMethod);
        Start = [text.BosTokenId];
        if (options.CandidateCount < 1)
            throw new ArgumentException(
                $"CandidateCount is {options.CandidateCount}: give 1 or more.", nameof(AnswerOptions.CandidateCount));
        Candidates = [.. options.Candidates.Select(
            answer => (int[])[.. Encode(answer, nameof(AnswerOptions.Candidates)), text.SepTokenId])];
        if (Candidates.MaxBy(tokens => tokens.Length) is { } longest && longest.Length > text.MaxPositions)
            throw new ArgumentException(
                $"Candidates holds an answer of {longest.Length} tokens, and the model reads {text.MaxPositions}: shorten it.",
                nameof(AnswerOptions.Candidates));
    }

    public AnswerOptions Options { get; }

    /// <summary>Whether both plans give a question the same answer.</summary>
    public bool IsLike(AnswerPlan other) => ReferenceEquals(this, other)
        || (Generation.SaysTheSameAs(other.Generation)
            && Options with
            {
                Generation = null,
                BadWords = [],
                Candidates = [],
            } == other.Options with { Generation = null, BadWords = [], Candidates = [] }
            && Candidates.Count == other.Candidates.Count
            && Candidates.Zip(other.Candidates).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)));

    public int[] Start { get; }

    /// <summary>The answers to choose among, from the first token to the stop token; empty where answers are generated.</summary>
    public IReadOnlyList<int[]> Candidates { get; }
}
