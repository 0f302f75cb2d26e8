using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// Named tensors that are read piece by piece: a file mapped into memory, several of them, or a rule.
/// Everything is validated when the source is opened. Reads may run on several threads at once.
/// </summary>
internal interface ITensorSource : IDisposable
{
    /// <summary>The source's name in errors, usually its path.</summary>
    string Description { get; }

    /// <summary>The files that it reads, an index before its files; none where a rule makes the tensors up.</summary>
    IReadOnlyList<string> Files => [];

    /// <summary>Notices from opening it, a sentence each.</summary>
    IReadOnlyList<string> Notices => [];

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

/// <summary>The facts about a tensor that are known without reading it.</summary>
/// <param name="Key">Its name in the checkpoint.</param>
/// <param name="Type">How its elements are stored.</param>
/// <param name="Shape">Its dimensions, the slowest first; empty for a scalar.</param>
internal sealed record TensorInfo(string Key, DType Type, long[] Shape)
{
    /// <summary>The product of the dimensions.</summary>
    public long ElementCount { get; } = Shape.Aggregate(1L, (product, length) => checked(product * length));

    /// <summary>The shape as errors write it, such as <c>[768, 3, 16, 16]</c>.</summary>
    public string ShapeText => Format(Shape);

    internal static string Format(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}

/// <summary>The shared part of every <see cref="ITensorSource"/>.</summary>
internal static class TensorSources
{
    /// <summary>The tensor's shape and type.</summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    public static TensorInfo Get(this ITensorSource source, string key) =>
        source.TryGet(key, out var info) ? info : throw new KeyNotFoundException($"{source.Description} holds no tensor '{key}'.");

    /// <summary>Reads a whole tensor.</summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    public static float[] ReadAll(this ITensorSource source, string key)
    {
        var values = new float[source.Get(key).ElementCount];
        source.Read(key, 0, values);
        return values;
    }

    /// <summary>Writes a whole tensor in single precision, piece by piece.</summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    public static void WriteTo(this ITensorSource source, string key, Stream file)
    {
        const int Piece = 1 << 22;
        var count = source.Get(key).ElementCount;
        var values = new float[Math.Min(Piece, count)];
        for (var first = 0L; first < count; first += Piece)
        {
            var piece = values.AsSpan(0, (int)Math.Min(Piece, count - first));
            source.Read(key, first, piece);
            file.Write(MemoryMarshal.AsBytes(piece));
        }
    }

    internal static void CheckRange(TensorInfo info, long firstElement, int count)
    {
        if (firstElement < 0 || firstElement > info.ElementCount - count)
            throw new ArgumentOutOfRangeException(nameof(firstElement), $"{count} elements from {firstElement} do not lie within '{info.Key}' of shape {info.ShapeText}.");
    }
}
