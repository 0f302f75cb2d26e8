using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="TokenRules"/>.</summary>
public struct TokenRulesArgs
{
    /// <summary><c>[rows, vocabulary]</c>, changed in place: logits, or log-probabilities in beam search.</summary>
    public ArrayView<float> Scores;

    /// <summary>Tokens of each row so far, <c>[rows, capacity]</c>.</summary>
    public ArrayView<int> History;

    /// <summary>Tokens of each row so far, prompt counted, <c>[rows]</c>; 1 to capacity.</summary>
    public ArrayView<int> Lengths;

    /// <summary>Tokens of each image's prompt, <c>[images]</c>.</summary>
    public ArrayView<int> PromptLengths;

    /// <summary>Most tokens of each image's sequences, <c>[images]</c>.</summary>
    public ArrayView<int> Limits;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Rows of one image.</summary>
    public int RowsPerImage;

    /// <summary>Elements of a row of scores.</summary>
    public int Vocabulary;

    /// <summary>Elements of a row of history.</summary>
    public int Capacity;

    /// <summary>Biases on sequences.</summary>
    public SequenceTable Biases;

    /// <summary>Forbidden sequences: the same with a bias of -inf.</summary>
    public SequenceTable BadWords;

    /// <summary>Sequences that all generated tokens are made of; a token that another rule forces against them begins anew.</summary>
    public ContinuationTable Allowed;

    /// <summary>Divides the scores of tokens already said (multiplies negative ones); 1 is off.</summary>
    public float RepetitionPenalty;

    /// <summary>Length of the runs that may not recur; 0 is off.</summary>
    public int NoRepeatNgramSize;

    /// <summary>The token that ends a sequence.</summary>
    public int StopToken;

    /// <summary>No stop token before so many tokens, prompt counted.</summary>
    public int MinLength;

    /// <summary>No stop token before so many generated tokens.</summary>
    public int MinNewTokens;

    /// <summary>The only token after a start token without a prompt; -1 is off.</summary>
    public int ForcedFirstToken;

    /// <summary>The only token at the last place; -1 is off.</summary>
    public int ForcedToken;

    /// <summary>Generated tokens after which the stop token becomes likelier.</summary>
    public int DecayStart;

    /// <summary>Factor^n - 1 for n = 0, 1, …, <c>[capacity]</c>; empty is off.</summary>
    public ArrayView<float> Decay;

    /// <summary>Tokens that are never said.</summary>
    public ArrayView<int> Suppressed;

    /// <summary>Tokens that are not said first.</summary>
    public ArrayView<int> SuppressedFirst;
}
