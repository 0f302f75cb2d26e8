namespace Blip.Runtime.Graph;

/// <summary>
/// A value's shape, such as <c>[batch, 577, 768]</c>. Values are row-major: the last dimension is contiguous. A scalar has no dimensions.
/// </summary>
internal sealed class Shape(params ReadOnlySpan<Dim> dims) : IEquatable<Shape>
{
    private readonly Dim[] dims = dims.ToArray();

    public IReadOnlyList<Dim> Dims => dims;

    /// <summary>A negative index counts from the end.</summary>
    public Dim this[int axis] => dims[axis < 0 ? dims.Length + axis : axis];

    /// <summary>The last dimension, which is always a number.</summary>
    public int Width =>
        this[-1].Symbol is null ? this[-1].Size : throw new InvalidOperationException($"The width of {this} is not a number.");

    public Shape WithWidth(int width) => new([.. dims[..^1], width]);

    public int[] Resolve(IReadOnlyDictionary<string, int> sizes) => [.. dims.Select(dim => dim.Resolve(sizes))];

    /// <inheritdoc/>
    public bool Equals(Shape? other) => other is not null && dims.AsSpan().SequenceEqual(other.dims);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Shape);

    /// <inheritdoc/>
    public override int GetHashCode() => dims.Aggregate(dims.Length, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(", ", dims)}]";
}
