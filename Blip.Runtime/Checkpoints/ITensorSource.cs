using System.Diagnostics.CodeAnalysis;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// Named tensors that are read piece by piece: a file mapped into memory, several of them, or a rule.
/// Everything is validated when the source is opened. Reads may run on several threads at once.
/// </summary>
internal interface ITensorSource : IDisposable
{
    /// <summary>What errors call this source, usually its path.</summary>
    string Description { get; }

    /// <summary>The files that it reads, an index before what it names; none where a rule makes the tensors up.</summary>
    IReadOnlyList<string> Files => [];

    /// <summary>The names of all tensors.</summary>
    IReadOnlyCollection<string> Keys { get; }

    /// <summary>Looks a tensor up; false when there is none of this name.</summary>
    bool TryGet(string key, [NotNullWhen(true)] out TensorInfo? info);

    /// <summary>Reads a run of elements in row-major order, converted to float32 (rounded to nearest, ties to even).</summary>
    /// <param name="key">The tensor.</param>
    /// <param name="firstElement">Row-major index of the first element.</param>
    /// <param name="destination">Receives as many elements as it is long.</param>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The run does not lie within the tensor.</exception>
    void Read(string key, long firstElement, Span<float> destination);
}
