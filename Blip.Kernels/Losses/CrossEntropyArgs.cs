using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="CrossEntropy"/>.</summary>
public struct CrossEntropyArgs
{
    /// <summary><c>[Rows, Classes]</c>.</summary>
    public ArrayView<float> Logits;

    /// <summary>The right class of each row, <c>[Rows]</c>; not looked at where the row's weight is 0.</summary>
    public ArrayView<int> Labels;

    /// <summary>The factor of each row's loss, <c>[Rows]</c>: 0 ignores the row. Empty: 1.</summary>
    public ArrayView<float> RowWeights;

    /// <summary>Receives weight · loss of each row, <c>[Rows]</c>.</summary>
    public ArrayView<float> Losses;

    /// <summary>
    /// Receives weight · d loss / d logits, <c>[Rows, Classes]</c>; may be the logits themselves. Empty: only losses are wanted.
    /// </summary>
    public ArrayView<float> Gradient;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Classes of a row: the vocabulary, or two of a matching head.</summary>
    public int Classes;

    /// <summary>The share of the target that is spread evenly over all classes, from 0 to 1.</summary>
    public float LabelSmoothing;
}
