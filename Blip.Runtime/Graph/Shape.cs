namespace Blip.Runtime.Graph;

/// <summary>The shape of a value, such as <c>[batch, 577, 768]</c>; row-major, the last dimension contiguous.</summary>
/// <param name="dims">The dimensions; none for a scalar.</param>
internal sealed class Shape(params ReadOnlySpan<Dim> dims) : IEquatable<Shape>
{
    private readonly Dim[] dims = dims.ToArray();

    /// <summary>The dimensions.</summary>
    public IReadOnlyList<Dim> Dims => dims;

    /// <summary>One dimension; from the end with a negative index.</summary>
    public Dim this[int axis] => dims[axis < 0 ? dims.Length + axis : axis];

    /// <summary>The last dimension, which a layer's width always states as a number.</summary>
    public int Width => this[-1].Symbol is null ? this[-1].Size : throw new InvalidOperationException($"The width of {this} is not a number.");

    /// <summary>The same shape with another last dimension.</summary>
    public Shape WithWidth(int width) => new([.. dims[..^1], width]);

    /// <summary>The sizes under the given sizes of symbols.</summary>
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
