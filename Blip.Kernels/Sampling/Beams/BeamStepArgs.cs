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

    /// <summary>Elements per row of history.</summary>
    public int Capacity;

    /// <summary>The token that ends a sequence.</summary>
    public int StopToken;

    /// <summary>The input of beams after their image's end.</summary>
    public int PadToken;

    /// <summary>Stop when as many sequences are finished as there are beams.</summary>
    public bool StopWhenFull;

    /// <summary>Judge a running beam by the divisor of the longest sequence instead of the present one.</summary>
    public bool BoundByLimit;

    /// <summary>Divisors of sums of log-probabilities, by generated tokens <c>[capacity + 1]</c>.</summary>
    public ArrayView<float> Divisors;

    /// <summary>Tokens of each prompt <c>[images]</c>.</summary>
    public ArrayView<int> PromptLengths;

    /// <summary>The most tokens of a sequence <c>[images]</c>; at most the capacity.</summary>
    public ArrayView<int> Limits;

    /// <summary>Results of <see cref="TopCandidates"/>: <c>[rows, candidates]</c> each.</summary>
    public ArrayView<float> Orders, Sums;

    /// <summary>The candidates' tokens <c>[rows, candidates]</c>.</summary>
    public ArrayView<int> Tokens;

    /// <summary>
    /// 1 for candidates that end their sequence like the stop token, else 0 <c>[rows, candidates]</c>; empty: only the stop token does.
    /// </summary>
    public ArrayView<int> Ends;

    /// <summary>Each running beam's sum of log-probabilities, best first <c>[rows]</c>; replaced.</summary>
    public ArrayView<float> Running;

    /// <summary>Each running beam's number of tokens <c>[rows]</c>; counted up.</summary>
    public ArrayView<int> Lengths;

    /// <summary>Running beams' tokens <c>[rows, capacity]</c>; reordered and appended to.</summary>
    public ArrayView<int> History;

    /// <summary>The cache row of each position <c>[rows, capacity]</c>; reordered.</summary>
    public ArrayView<int> CacheRow;

    /// <summary>Finished sequences' scores, best first <c>[rows]</c>; replaced.</summary>
    public ArrayView<float> FinishedScores;

    /// <summary>Finished sequences' numbers of tokens, 0 where there is none yet <c>[rows]</c>; replaced.</summary>
    public ArrayView<int> FinishedLengths;

    /// <summary>Finished sequences <c>[rows, capacity]</c>; replaced.</summary>
    public ArrayView<int> FinishedTokens;

    /// <summary>The row that ran each of their positions <c>[rows, capacity]</c>; replaced.</summary>
    public ArrayView<int> FinishedRows;

    /// <summary>1 for images whose search has ended <c>[images]</c>; set.</summary>
    public ArrayView<int> Done;

    /// <summary>Each row's next input token <c>[rows]</c>; written.</summary>
    public ArrayView<int> InputIds;

    /// <summary>Its position <c>[rows]</c>; written.</summary>
    public ArrayView<int> Positions;

    /// <summary>Scratch memory <c>[rows, 9 + capacity]</c>.</summary>
    public ArrayView<int> IntScratch;

    /// <summary>Scratch memory <c>[rows, 4]</c>.</summary>
    public ArrayView<float> FloatScratch;
}
