using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="CrossEntropy"/>.</summary>
public struct CrossEntropyArgs
{
    /// <summary><c>[Rows, Classes]</c>.</summary>
    public ArrayView<float> Logits;

    /// <summary>Each row's class <c>[Rows]</c>; ignored where its weight is 0.</summary>
    public ArrayView<int> Labels;

    /// <summary>Each loss's factor <c>[Rows]</c>: 0 ignores the row. Empty: 1.</summary>
    public ArrayView<float> RowWeights;

    /// <summary>Receives weight · loss <c>[Rows]</c>.</summary>
    public ArrayView<float> Losses;

    /// <summary>Receives weight · d loss / d logits <c>[Rows, Classes]</c>; may be the logits. Empty: only losses are wanted.</summary>
    public ArrayView<float> Gradient;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Classes: the vocabulary, or two for a matching head.</summary>
    public int Classes;

    /// <summary>The share of the target that all classes get evenly, from 0 to 1.</summary>
    public float LabelSmoothing;
}
