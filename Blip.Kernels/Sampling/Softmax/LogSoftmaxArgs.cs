using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="LogSoftmax"/>.</summary>
public struct LogSoftmaxArgs
{
    /// <summary><c>[rows / RowsPerSource, vocabulary]</c>.</summary>
    public ArrayView<float> Logits;

    /// <summary><c>[rows, vocabulary]</c>; may be the logits themselves where <see cref="RowsPerSource"/> is 1.</summary>
    public ArrayView<float> Scores;

    /// <summary>The logarithm of the sum of exponentials of each row, <c>[rows]</c>; or empty.</summary>
    public ArrayView<float> LogSums;

    /// <summary>Rows to write.</summary>
    public int Rows;

    /// <summary>Rows that read the same logits: the beams of an image after its prompt.</summary>
    public int RowsPerSource;

    /// <summary>Elements of a row.</summary>
    public int Vocabulary;

    /// <summary>True writes log-probabilities, false a copy of the logits.</summary>
    public bool Normalize;
}
