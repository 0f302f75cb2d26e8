using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="TokenRules"/>.</summary>
public struct TokenRulesArgs
{
    /// <summary><c>[rows, vocabulary]</c>, in place: logits, or log-probabilities in beam search.</summary>
    public ArrayView<float> Scores;

    /// <summary>Each row's tokens so far <c>[rows, capacity]</c>.</summary>
    public ArrayView<int> History;

    /// <summary>Each row's number of tokens, prompt included <c>[rows]</c>; 1 to capacity.</summary>
    public ArrayView<int> Lengths;

    /// <summary>Tokens of each prompt <c>[images]</c>.</summary>
    public ArrayView<int> PromptLengths;

    /// <summary>The most tokens of a sequence <c>[images]</c>.</summary>
    public ArrayView<int> Limits;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Rows per image.</summary>
    public int RowsPerImage;

    /// <summary>Elements per row of scores.</summary>
    public int Vocabulary;

    /// <summary>Elements per row of history.</summary>
    public int Capacity;

    /// <summary>Biases on sequences.</summary>
    public SequenceTable Biases;

    /// <summary>Forbidden sequences, with a bias of -inf.</summary>
    public SequenceTable BadWords;

    /// <summary>Sequences that make up all generated tokens; a token forced against them restarts them.</summary>
    public ContinuationTable Allowed;

    /// <summary>Divides the scores of earlier tokens (multiplies negative ones); 1 is off.</summary>
    public float RepetitionPenalty;

    /// <summary>Length of runs that must not recur; 0 is off.</summary>
    public int NoRepeatNgramSize;

    /// <summary>The token that ends a sequence.</summary>
    public int StopToken;

    /// <summary>No stop token before this many tokens, prompt included.</summary>
    public int MinLength;

    /// <summary>No stop token before this many generated tokens.</summary>
    public int MinNewTokens;

    /// <summary>The only token after a lone start token; -1 is off.</summary>
    public int ForcedFirstToken;

    /// <summary>The only last token; -1 is off.</summary>
    public int ForcedToken;

    /// <summary>Generated tokens after which the stop token becomes likelier.</summary>
    public int DecayStart;

    /// <summary>Factor^n - 1 for n = 0, 1, … <c>[capacity]</c>; empty is off.</summary>
    public ArrayView<float> Decay;

    /// <summary>Tokens that never occur.</summary>
    public ArrayView<int> Suppressed;

    /// <summary>Tokens that never come first.</summary>
    public ArrayView<int> SuppressedFirst;
}
