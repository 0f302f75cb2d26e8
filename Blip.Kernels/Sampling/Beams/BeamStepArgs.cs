using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="BeamStep"/>. Rows are <c>images * beams</c>.</summary>
public struct BeamStepArgs
{
    /// <summary>Images.</summary>
    public int Images;

    /// <summary>Beams per image, at least 1.</summary>
    public int Beams;

    /// <summary>Candidates per row; <c>beams * candidates</c> is at least <c>2 * beams</c>.</summary>
    public int Candidates;

    /// <summary>Elements of a row of history.</summary>
    public int Capacity;

    /// <summary>The token that ends a sequence.</summary>
    public int StopToken;

    /// <summary>The token that beams run on after their image's end.</summary>
    public int PadToken;

    /// <summary>Stop as soon as there are as many finished sequences as beams.</summary>
    public bool StopWhenFull;

    /// <summary>Judge a running beam's possible score by the divisor of the longest sequence, not of the present one.</summary>
    public bool BoundByLimit;

    /// <summary>The divisor of a sum of log-probabilities, by number of generated tokens, <c>[capacity + 1]</c>.</summary>
    public ArrayView<float> Divisors;

    /// <summary>Tokens of each image's prompt, <c>[images]</c>.</summary>
    public ArrayView<int> PromptLengths;

    /// <summary>Most tokens of each image's sequences, <c>[images]</c>; at most the capacity.</summary>
    public ArrayView<int> Limits;

    /// <summary>The results of <see cref="TopCandidates"/>: <c>[rows, candidates]</c> each.</summary>
    public ArrayView<float> Orders, Sums;

    /// <summary>The candidates' tokens, <c>[rows, candidates]</c>.</summary>
    public ArrayView<int> Tokens;

    /// <summary>1 for candidates that end their sequence as the stop token does, else 0, <c>[rows, candidates]</c>; empty: the stop token alone does.</summary>
    public ArrayView<int> Ends;

    /// <summary>Sum of log-probabilities of each running beam, best first, <c>[rows]</c>; replaced.</summary>
    public ArrayView<float> Running;

    /// <summary>Tokens of each running beam, <c>[rows]</c>; counted up.</summary>
    public ArrayView<int> Lengths;

    /// <summary>Tokens of each running beam, <c>[rows, capacity]</c>; reordered and appended to.</summary>
    public ArrayView<int> History;

    /// <summary>Which cache row holds each position, <c>[rows, capacity]</c>; reordered.</summary>
    public ArrayView<int> CacheRow;

    /// <summary>Score of each finished sequence, best first, <c>[rows]</c>; replaced.</summary>
    public ArrayView<float> FinishedScores;

    /// <summary>Tokens of each finished sequence, 0 where there is none yet, <c>[rows]</c>; replaced.</summary>
    public ArrayView<int> FinishedLengths;

    /// <summary>Finished sequences, <c>[rows, capacity]</c>; replaced.</summary>
    public ArrayView<int> FinishedTokens;

    /// <summary>Which row ran each of their positions, <c>[rows, capacity]</c>; replaced.</summary>
    public ArrayView<int> FinishedRows;

    /// <summary>1 for images whose search has ended, <c>[images]</c>; set.</summary>
    public ArrayView<int> Done;

    /// <summary>The token that each row runs next, <c>[rows]</c>; written.</summary>
    public ArrayView<int> InputIds;

    /// <summary>Its position, <c>[rows]</c>; written.</summary>
    public ArrayView<int> Positions;

    /// <summary>Room to work in, <c>[rows, 9 + capacity]</c>.</summary>
    public ArrayView<int> IntScratch;

    /// <summary>Room to work in, <c>[rows, 4]</c>.</summary>
    public ArrayView<float> FloatScratch;
}
