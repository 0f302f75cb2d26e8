using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>Named tensors that are read piece by piece. Opening validates everything. Reads may run on several threads at once.</summary>
internal interface ITensorSource : IDisposable
{
    /// <summary>The name in errors, usually a path.</summary>
    string Description { get; }

    /// <summary>The files read, an index before its shards; empty for synthetic tensors.</summary>
    IReadOnlyList<string> Files => [];

    /// <summary>Notices from opening it, one sentence each.</summary>
    IReadOnlyList<string> Notices => [];

    IReadOnlyCollection<string> Keys { get; }

    /// <summary>False when there is no tensor of this name.</summary>
    bool TryGet(string key, [NotNullWhen(true)] out TensorInfo? info);

    /// <summary>
    /// Reads consecutive elements in row-major order, converted to float32 (rounded to nearest, ties to even), until the destination is
    /// full.
    /// </summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The elements exceed the tensor.</exception>
    void Read(string key, long firstElement, Span<float> destination);
}

/// <summary>A tensor's header. The shape has the slowest dimension first; a scalar's is empty.</summary>
internal sealed record TensorInfo(string Key, DType Type, long[] Shape)
{
    public long ElementCount { get; } = Shape.Aggregate(1L, (product, length) => checked(product * length));

    /// <summary>The shape in errors, such as <c>[768, 3, 16, 16]</c>.</summary>
    public string ShapeText => Format(Shape);

    internal static string Format(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}

internal static class TensorSources
{
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    public static TensorInfo Get(this ITensorSource source, string key) =>
        source.TryGet(key, out var info) ? info : throw new KeyNotFoundException($"{source.Description} holds no tensor '{key}'.");

    public static float[] ReadAll(this ITensorSource source, string key)
    {
        var values = new float[source.Get(key).ElementCount];
        source.Read(key, 0, values);
        return values;
    }

    /// <summary>Writes a whole tensor as float32, piece by piece.</summary>
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
            throw new ArgumentOutOfRangeException(
                nameof(firstElement), $"{count} elements from {firstElement} do not lie within '{info.Key}' of shape {info.ShapeText}.");
    }
}
