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

/// <summary>A tensor in a graph.</summary>
/// <param name="Id">Its place in the graph's table of values.</param>
/// <param name="Name">The node or input that makes it, or the checkpoint's key.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Kind">Where it comes from.</param>
/// <param name="Type">
/// What its elements are: <see cref="DType.Float32"/>, or <see cref="DType.Int32"/> for token ids, positions and row indices. A plan may
/// store those in single precision in 16 bits; see <see cref="GraphSizes.StoredAs"/>.
/// </param>
internal sealed record Value(int Id, string Name, Shape Shape, ValueKind Kind, DType Type = DType.Float32)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Shape}";
}

/// <summary>Some columns of a value's last dimension: the queries of a joint query-key-value projection.</summary>
/// <param name="Value">The value.</param>
/// <param name="Offset">The first column.</param>
/// <param name="Width">The number of columns.</param>
internal readonly record struct Columns(Value Value, int Offset, int Width)
{
    /// <summary>All columns.</summary>
    public static implicit operator Columns(Value value) => new(value, 0, value.Shape.Width);

    /// <inheritdoc/>
    public override string ToString() => Width == Value.Shape.Width ? Value.Name : $"{Value.Name}[{Offset}..{Offset + Width}]";
}

/// <summary>The weight of one or several Linear modules that read the same input, stacked along the outputs.</summary>
/// <param name="Keys">Checkpoint keys, each <c>[out, in]</c>.</param>
/// <param name="OutFeatures">All outputs together.</param>
/// <param name="InFeatures">Inputs.</param>
internal sealed record Matrix(IReadOnlyList<string> Keys, int OutFeatures, int InFeatures)
{
    /// <summary>The keys as one name.</summary>
    public string Name { get; } = string.Join("+", Keys);
}

/// <summary>The bias of the same modules, stacked likewise.</summary>
/// <param name="Keys">Checkpoint keys, each <c>[out]</c>.</param>
/// <param name="Length">All outputs together.</param>
internal sealed record Vector(IReadOnlyList<string> Keys, int Length)
{
    /// <summary>The keys as one name.</summary>
    public string Name { get; } = string.Join("+", Keys);
}
