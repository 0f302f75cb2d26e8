using Blip.Kernels;

namespace Blip.Runtime.Graph.Backward;

/// <summary>A parameter that is trained, and the input of a graph that its gradient is added to.</summary>
/// <param name="Name">Its name in the weights: one key, or several that are stacked.</param>
/// <param name="Keys">The checkpoint's keys.</param>
/// <param name="Matrix">The matrix, whose gradient is <c>[in, out]</c>; null for any other parameter.</param>
/// <param name="Vector">The stacked bias; null for any other parameter.</param>
/// <param name="Dense">The parameter that is read as it is; null for any other.</param>
/// <param name="Gradient">The input.</param>
internal sealed record TrainedParameter(string Name, IReadOnlyList<string> Keys, Matrix? Matrix, Vector? Vector, Value? Dense, Value Gradient)
{
    /// <summary>
    /// The input that the gradient of embeddings is added to, where a Linear has the same matrix: a separate sum, to be added at the step's
    /// end. Otherwise the order of sums would depend on how a step is divided into batches. Null where it is not needed.
    /// </summary>
    public Value? EmbeddingGradient { get; init; }

    /// <summary>Whether it has two dimensions or more in the checkpoint.</summary>
    public bool IsMatrix => Matrix is not null || Dense is { Shape.Dims.Count: > 1 };

    /// <summary>Its elements.</summary>
    public long Length => Gradient.Shape.Dims.Aggregate(1L, (product, dim) => product * dim.Size);
}

/// <summary>
/// The gradients of a graph's parameters. Each is an input that nodes add to, so that weights which several modules share, and batches whose
/// gradients are accumulated, need nothing more.
/// </summary>
/// <param name="g">The graph that is recorded.</param>
/// <param name="trains">Whether a tensor of the checkpoint is trained, by its key.</param>
/// <param name="precision">The format of the products that gradients are made of.</param>
internal sealed class ParameterGradients(GraphBuilder g, Func<string, bool> trains, DType precision = DType.Float32)
{
    private readonly Dictionary<string, TrainedParameter> parameters = [];
    private readonly HashSet<string> linears = [];

    /// <summary>The format in which the gradients of linear layers are multiplied: single precision, or 16 bits.</summary>
    public DType Precision => precision;

    /// <summary>The inputs that have a gradient in the recorded graph, in the order in which the backward pass meets them.</summary>
    public IReadOnlyCollection<TrainedParameter> Parameters => parameters.Values;

    /// <summary>Whether any parameter of a node is trained.</summary>
    public bool AreWanted(Node node) => node.Matrices.Any(matrix => Trains(matrix.Keys)) || node.Vectors.Any(vector => Trains(vector.Keys))
        || node.Inputs.Any(value => value.Kind == ValueKind.Parameter && trains(value.Name));

    /// <summary>The gradient of a matrix <c>[in, out]</c>; null where it is not trained.</summary>
    public Value? Of(Matrix matrix) => Find(matrix.Name, matrix.Keys, new Shape(matrix.InFeatures, matrix.OutFeatures), matrix: matrix);

    /// <summary>The same for the matrix of a Linear module, which embeddings may share.</summary>
    public Value? OfLinear(Matrix matrix)
    {
        linears.Add(matrix.Name);
        return Of(matrix);
    }

    /// <summary>The same for rows of a matrix that are looked up: word embeddings.</summary>
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

    /// <summary>The gradient of a stacked bias <c>[out]</c>; null where there is none, or it is not trained.</summary>
    public Value? Of(Vector? vector) => vector is null ? null : Find(vector.Name, vector.Keys, new Shape(vector.Length), vector: vector);

    /// <summary>The gradient of a parameter that is read as it is; null for any other value, and where it is not trained.</summary>
    public Value? Of(Value value) =>
        value.Kind == ValueKind.Parameter ? Find(value.Name, [value.Name], value.Shape, dense: value) : null;

    /// <summary>The name of the input that a parameter's gradient is added to.</summary>
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
