using Blip.Kernels;
using Blip.Kernels.Devices;

namespace Blip.Runtime.Graph;

/// <summary>
/// How large a graph's values are once its symbols have sizes, and how they are stored: the basis of a plan's memory and of a cost.
/// </summary>
internal sealed class GraphSizes
{
    private readonly int[][] sizes;
    private readonly Dictionary<Value, DType> formats = [];

    /// <summary>Gives the symbols sizes; every value is stored as its type says, until <see cref="Passes.ValueStorage"/> says otherwise.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="symbols">The size of each symbol; one that only inputs have may be left out, and they have no size then.</param>
    /// <param name="target">Which kernels run it.</param>
    /// <param name="format">How a matrix is kept.</param>
    /// <exception cref="ArgumentException">A symbol of a computed value has no size.</exception>
    public GraphSizes(ComputeGraph graph, IReadOnlyDictionary<string, int> symbols, KernelTarget target, Func<Matrix, DType> format)
    {
        sizes = [.. graph.Values.Select(value => value.Kind == ValueKind.Computed || value.Shape.Dims.All(dim => dim.Symbol is null || symbols.ContainsKey(dim.Symbol))
            ? value.Shape.Resolve(symbols) : [])];
        (Target, Format) = (target, format);
    }

    /// <summary>Which kernels run the graph.</summary>
    public KernelTarget Target { get; }

    /// <summary>How a matrix is kept.</summary>
    public Func<Matrix, DType> Format { get; }

    /// <summary>A value's sizes.</summary>
    public IReadOnlyList<int> Of(Value value) => sizes[value.Id];

    /// <summary>One of a value's sizes.</summary>
    public int Size(Value value, int axis) => sizes[value.Id][axis];

    /// <summary>Elements of a value.</summary>
    public long Length(Value value)
    {
        var length = 1L;
        foreach (var size in sizes[value.Id])
            length *= size;
        return length;
    }

    /// <summary>Rows of a value: everything but its last dimension.</summary>
    public long Rows(Value value) => Length(value) / sizes[value.Id][^1];

    /// <summary>How a value's elements are stored: as its type says, or in 16 bits where it is in single precision.</summary>
    public DType StoredAs(Value value) => formats.GetValueOrDefault(value, value.Type);

    /// <summary>Floats of memory that a value takes.</summary>
    public long Floats(Value value) => StoredAs(value).Floats(Length(value));

    /// <summary>Bytes of memory that a value takes.</summary>
    public long Bytes(Value value) => sizeof(float) * Floats(value);

    internal void Store(Value value, DType as16Bits) => formats.Add(value, as16Bits);
}
