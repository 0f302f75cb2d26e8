using Blip.Kernels;

namespace Blip.Runtime.Graph;

/// <summary>Where a value comes from.</summary>
internal enum ValueKind
{
    /// <summary>Bound by the caller before a run: pixels, token ids, caches.</summary>
    Input,

    /// <summary>A tensor of the checkpoint.</summary>
    Parameter,

    /// <summary>Computed by a node.</summary>
    Computed,
}

/// <summary>
/// A tensor in a graph. <c>Id</c> is its index among the graph's values. <c>Name</c> is that of its node or input, or the checkpoint's key.
/// The type is <see cref="DType.Float32"/>, or <see cref="DType.Int32"/> for token ids, positions and row indices. A plan may store single
/// precision in 16 bits (<see cref="GraphSizes.StoredAs"/>).
/// </summary>
internal sealed record Value(int Id, string Name, Shape Shape, ValueKind Kind, DType Type = DType.Float32)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Shape}";
}

/// <summary>Some columns of a value's last dimension, such as the queries of a joint projection.</summary>
internal readonly record struct Columns(Value Value, int Offset, int Width)
{
    /// <summary>All columns.</summary>
    public static implicit operator Columns(Value value) => new(value, 0, value.Shape.Width);

    /// <inheritdoc/>
    public override string ToString() => Width == Value.Shape.Width ? Value.Name : $"{Value.Name}[{Offset}..{Offset + Width}]";
}

/// <summary>The weights of Linear modules with one input, stacked along the outputs; each key is <c>[out, in]</c>.</summary>
internal sealed record Matrix(IReadOnlyList<string> Keys, int OutFeatures, int InFeatures)
{
    /// <summary>The keys as one name.</summary>
    public string Name { get; } = string.Join("+", Keys);
}

/// <summary>The biases of Linear modules with one input, stacked along the outputs; each key is <c>[out]</c>.</summary>
internal sealed record Vector(IReadOnlyList<string> Keys, int Length)
{
    /// <summary>The keys as one name.</summary>
    public string Name { get; } = string.Join("+", Keys);
}
