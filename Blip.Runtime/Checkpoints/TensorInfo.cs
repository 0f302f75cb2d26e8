namespace Blip.Runtime.Checkpoints;

/// <summary>What a source says of a tensor without reading it.</summary>
/// <param name="Key">Its name in the checkpoint.</param>
/// <param name="Type">How its elements are stored.</param>
/// <param name="Shape">Its dimensions, the slowest first; empty for a scalar.</param>
internal sealed record TensorInfo(string Key, TensorType Type, long[] Shape)
{
    /// <summary>The product of the dimensions.</summary>
    public long ElementCount { get; } = Shape.Aggregate(1L, (product, length) => checked(product * length));

    /// <summary>The shape as errors write it, such as <c>[768, 3, 16, 16]</c>.</summary>
    public string ShapeText => Format(Shape);

    internal static string Format(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
