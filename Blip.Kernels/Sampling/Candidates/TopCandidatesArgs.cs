using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="TopCandidates"/>.</summary>
public struct TopCandidatesArgs
{
    /// <summary>Log-probabilities after all rules, <c>[rows, vocabulary]</c>.</summary>
    public ArrayView<float> Scores;

    /// <summary>Each row's sum so far, added to each of its scores, <c>[rows]</c>.</summary>
    public ArrayView<float> Running;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Rows of one image.</summary>
    public int RowsPerImage;

    /// <summary>Elements of a row of scores.</summary>
    public int Vocabulary;

    /// <summary>Candidates per row; at most the vocabulary.</summary>
    public int Count;

    /// <summary>False takes the highest sums, true draws without replacement from softmax(sums).</summary>
    public bool Sample;

    /// <summary>Key of the draws.</summary>
    public ulong Seed;

    /// <summary>Counter stream of each image, <c>[images]</c>; may be empty where nothing is drawn.</summary>
    public ArrayView<long> Streams;

    /// <summary>Number of tokens of each row, which counts the draws, <c>[rows]</c>.</summary>
    public ArrayView<int> Lengths;

    /// <summary>The order of candidates, highest first: the sum, or the sum and its noise, <c>[rows, count]</c>; written.</summary>
    public ArrayView<float> Orders;

    /// <summary>Their sums, <c>[rows, count]</c>; written.</summary>
    public ArrayView<float> Sums;

    /// <summary>Their tokens, <c>[rows, count]</c>; written.</summary>
    public ArrayView<int> Tokens;
}
