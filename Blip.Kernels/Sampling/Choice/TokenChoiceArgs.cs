using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="TokenChoice"/>.</summary>
public struct TokenChoiceArgs
{
    /// <summary>Scores after all rules <c>[rows, vocabulary]</c>.</summary>
    public ArrayView<float> Scores;

    /// <summary>The model's logits <c>[rows / RowsPerSource, vocabulary]</c>.</summary>
    public ArrayView<float> Logits;

    /// <summary>Each row's log of the sum of exponentials <c>[rows]</c>.</summary>
    public ArrayView<float> LogSums;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Rows with the same logits.</summary>
    public int RowsPerSource;

    /// <summary>Rows per image.</summary>
    public int RowsPerImage;

    /// <summary>Elements per row of scores.</summary>
    public int Vocabulary;

    /// <summary>Elements per row of history.</summary>
    public int Capacity;

    /// <summary>False takes the highest score; true draws from softmax(scores).</summary>
    public bool Sample;

    /// <summary>Key of the draws.</summary>
    public ulong Seed;

    /// <summary>Each image's counter stream <c>[images]</c>.</summary>
    public ArrayView<long> Streams;

    /// <summary>The token that ends a row.</summary>
    public int StopToken;

    /// <summary>A row's input after its end.</summary>
    public int PadToken;

    /// <summary>The most tokens of a sequence <c>[images]</c>; at most the capacity.</summary>
    public ArrayView<int> Limits;

    /// <summary>Each row's tokens so far <c>[rows, capacity]</c>; appended to.</summary>
    public ArrayView<int> History;

    /// <summary>Each row's number of tokens <c>[rows]</c>; counted up.</summary>
    public ArrayView<int> Lengths;

    /// <summary>1 for ended rows <c>[rows]</c>; set.</summary>
    public ArrayView<int> Finished;

    /// <summary>Sums of the chosen tokens' log-probabilities by the model's logits <c>[rows]</c>; added to.</summary>
    public ArrayView<float> LogProbabilities;

    /// <summary>Each row's next input token <c>[rows]</c>; written.</summary>
    public ArrayView<int> InputIds;

    /// <summary>Its position <c>[rows]</c>; written.</summary>
    public ArrayView<int> Positions;

    /// <summary>The chosen token, -1 for rows that ended before <c>[rows]</c>; written.</summary>
    public ArrayView<int> Chosen;
}
