using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="TokenChoice"/>.</summary>
public struct TokenChoiceArgs
{
    /// <summary>Scores after all rules, <c>[rows, vocabulary]</c>.</summary>
    public ArrayView<float> Scores;

    /// <summary>Logits as the model gave them, <c>[rows / RowsPerSource, vocabulary]</c>.</summary>
    public ArrayView<float> Logits;

    /// <summary>The logarithm of the sum of exponentials of each row's logits, <c>[rows]</c>.</summary>
    public ArrayView<float> LogSums;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Rows that read the same logits.</summary>
    public int RowsPerSource;

    /// <summary>Rows of one image.</summary>
    public int RowsPerImage;

    /// <summary>Elements of a row of scores.</summary>
    public int Vocabulary;

    /// <summary>Elements of a row of history.</summary>
    public int Capacity;

    /// <summary>False takes the highest score, true draws from softmax(scores).</summary>
    public bool Sample;

    /// <summary>Key of the draws.</summary>
    public ulong Seed;

    /// <summary>Counter stream of each image, <c>[images]</c>.</summary>
    public ArrayView<long> Streams;

    /// <summary>The token that ends a row.</summary>
    public int StopToken;

    /// <summary>The token that a row runs on after its end.</summary>
    public int PadToken;

    /// <summary>Most tokens of each image's sequences, <c>[images]</c>; at most the capacity.</summary>
    public ArrayView<int> Limits;

    /// <summary>Tokens of each row so far, <c>[rows, capacity]</c>; appended to.</summary>
    public ArrayView<int> History;

    /// <summary>Number of tokens of each row, <c>[rows]</c>; counted up.</summary>
    public ArrayView<int> Lengths;

    /// <summary>1 for rows that have ended, <c>[rows]</c>; set.</summary>
    public ArrayView<int> Finished;

    /// <summary>Sum of the chosen tokens' log-probabilities under the model's own logits, <c>[rows]</c>; added to.</summary>
    public ArrayView<float> LogProbabilities;

    /// <summary>The token that each row runs next, <c>[rows]</c>; written.</summary>
    public ArrayView<int> InputIds;

    /// <summary>Its position, <c>[rows]</c>; written.</summary>
    public ArrayView<int> Positions;

    /// <summary>The chosen token, -1 for rows that had ended before, <c>[rows]</c>; written.</summary>
    public ArrayView<int> Chosen;
}
