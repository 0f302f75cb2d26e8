using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="LogSoftmax"/>.</summary>
public struct LogSoftmaxArgs
{
    /// <summary><c>[rows / RowsPerSource, vocabulary]</c>.</summary>
    public ArrayView<float> Logits;

    /// <summary><c>[rows, vocabulary]</c>; may be the logits if <see cref="RowsPerSource"/> is 1.</summary>
    public ArrayView<float> Scores;

    /// <summary>Each row's log of the sum of exponentials <c>[rows]</c>; or empty.</summary>
    public ArrayView<float> LogSums;

    /// <summary>Rows to write.</summary>
    public int Rows;

    /// <summary>Rows with the same logits: an image's beams after its prompt.</summary>
    public int RowsPerSource;

    /// <summary>Elements per row.</summary>
    public int Vocabulary;

    /// <summary>True writes log-probabilities, false copies the logits.</summary>
    public bool Normalize;
}
