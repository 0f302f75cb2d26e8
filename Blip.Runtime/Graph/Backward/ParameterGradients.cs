using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>
/// A trained parameter, and the graph's input that its gradient is added to. The name is one key, or several stacked ones. Of <c>Matrix</c>
/// (its gradient is <c>[in, out]</c>), <c>Vector</c> (a stacked bias) and <c>Dense</c> (read as it is), one is set.
/// </summary>
internal sealed record TrainedParameter(
    string Name, IReadOnlyList<string> Keys, Matrix? Matrix, Vector? Vector, Value? Dense, Value Gradient)
{
    /// <summary>
    /// The input for the gradient of embeddings that share a Linear's matrix; the step's end adds it. Without it, the order of sums would
    /// depend on a step's division into batches. Null where it is not needed.
    /// </summary>
    public Value? EmbeddingGradient { get; init; }

    /// <summary>Whether it has two dimensions or more in the checkpoint.</summary>
    public bool IsMatrix => Matrix is not null || Dense is { Shape.Dims.Count: > 1 };

    public long Length => Gradient.Shape.Dims.Aggregate(1L, (product, dim) => product * dim.Size);
}

/// <summary>
/// The gradients of a graph's parameters. Nodes add to these inputs, so shared weights and accumulated batches need nothing more.
/// <paramref name="trains"/> takes a checkpoint's key.
/// </summary>
internal sealed class ParameterGradients(GraphBuilder g, Func<string, bool> trains, DType precision = DType.Float32)
{
    private readonly Dictionary<string, TrainedParameter> parameters = [];
    private readonly HashSet<string> linears = [];

    /// <summary>The operands' format in linear layers' gradients: single precision or 16 bits.</summary>
    public DType Precision => precision;

    /// <summary>The inputs with a recorded gradient, in the order in which the backward pass meets them.</summary>
    public IReadOnlyCollection<TrainedParameter> Parameters => parameters.Values;

    /// <summary>Whether any parameter of a node is trained.</summary>
    public bool AreWanted(Node node) => node.Matrices.Any(matrix => Trains(matrix.Keys)) || node.Vectors.Any(vector => Trains(vector.Keys))
        || node.Inputs.Any(value => value.Kind == ValueKind.Parameter && trains(value.Name));

    /// <summary>The gradient of a matrix <c>[in, out]</c>; null where it is not trained.</summary>
    public Value? Of(Matrix matrix) => Find(matrix.Name, matrix.Keys, new Shape(matrix.InFeatures, matrix.OutFeatures), matrix: matrix);

    /// <summary>A Linear's matrix, which embeddings may share.</summary>
    public Value? OfLinear(Matrix matrix)
    {
        linears.Add(matrix.Name);
        return Of(matrix);
    }

    /// <summary>A matrix whose rows are looked up: word embeddings.</summary>
    public Value? OfEmbedding(Matrix matrix)
    {
        if (!parameters.TryGetValue(matrix.Name, out var parameter))
            return Of(matrix);
        if (linears.Contains(matrix.Name) && parameter.EmbeddingGradient is null)
        {
            var own = g.Input(NameOf($"{matrix.Name}.embedding"), parameter.Gradient.Shape);
            parameters[matrix.Name] = parameter = parameter with { EmbeddingGradient = own };
        }
        return parameter.EmbeddingGradient ?? parameter.Gradient;
    }

    /// <summary>The gradient of a stacked bias <c>[out]</c>; null for no bias or an untrained one.</summary>
    public Value? Of(Vector? vector) => vector is null ? null : Find(vector.Name, vector.Keys, new Shape(vector.Length), vector: vector);

    /// <summary>The gradient of a parameter that is read as it is; null for other values and untrained ones.</summary>
    public Value? Of(Value value) =>
        value.Kind == ValueKind.Parameter ? Find(value.Name, [value.Name], value.Shape, dense: value) : null;

    public static string NameOf(string parameter) => $"{parameter}.gradient";

    private Value? Find(
        string name, IReadOnlyList<string> keys, Shape shape, Matrix? matrix = null, Vector? vector = null, Value? dense = null)
    {
        if (!Trains(keys))
            return null;
        if (!parameters.TryGetValue(name, out var parameter))
        {
            parameter = new TrainedParameter(name, keys, matrix, vector, dense, g.Input(NameOf(name), shape));
            parameters.Add(name, parameter);
        }
        return parameter.Gradient;
    }

    // A stacked matrix is one buffer: its modules are trained together.
    private bool Trains(IReadOnlyList<string> keys)
    {
        var trained = keys.Count(trains);
        return trained == 0 || trained == keys.Count
            ? trained > 0
            : throw new ArgumentException($"{string.Join(", ", keys)} are one matrix: train all of them, or none.");
    }
}
