using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="TopCandidates"/>.</summary>
public struct TopCandidatesArgs
{
    /// <summary>Log-probabilities after all rules <c>[rows, vocabulary]</c>.</summary>
    public ArrayView<float> Scores;

    /// <summary>Each row's sum so far <c>[rows]</c>.</summary>
    public ArrayView<float> Running;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Rows per image.</summary>
    public int RowsPerImage;

    /// <summary>Elements per row.</summary>
    public int Vocabulary;

    /// <summary>Candidates per row; at most the vocabulary.</summary>
    public int Count;

    /// <summary>False takes the highest sums; true draws without replacement from softmax(sums).</summary>
    public bool Sample;

    /// <summary>Key of the draws.</summary>
    public ulong Seed;

    /// <summary>Each image's counter stream <c>[images]</c>; may be empty without draws.</summary>
    public ArrayView<long> Streams;

    /// <summary>Each row's number of tokens, which counts the draws <c>[rows]</c>.</summary>
    public ArrayView<int> Lengths;

    /// <summary>The candidates' ranking values, highest first: sums, with noise if drawn <c>[rows, count]</c>; written.</summary>
    public ArrayView<float> Orders;

    /// <summary>Their sums <c>[rows, count]</c>; written.</summary>
    public ArrayView<float> Sums;

    /// <summary>Their tokens <c>[rows, count]</c>; written.</summary>
    public ArrayView<int> Tokens;
}
