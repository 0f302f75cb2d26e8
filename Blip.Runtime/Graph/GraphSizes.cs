using Blip.Kernels;
using Blip.Kernels.Devices;

namespace Blip.Runtime.Graph;

/// <summary>Sizes and formats of a graph's values once its symbols have sizes: the basis of a plan's memory and of a cost.</summary>
internal sealed class GraphSizes
{
    private readonly int[][] sizes;
    private readonly Dictionary<Value, DType> formats = [];

    /// <summary>
    /// A value is stored in its type, unless <see cref="Passes.ValueStorage"/> chooses another format. Symbols of inputs alone may be left
    /// out; such inputs then have no size.
    /// </summary>
    /// <exception cref="ArgumentException">A symbol of a computed value has no size.</exception>
    public GraphSizes(ComputeGraph graph, IReadOnlyDictionary<string, int> symbols, KernelTarget target, Func<Matrix, DType> format)
    {
        sizes = [.. graph.Values.Select(
            value => value.Kind == ValueKind.Computed || value.Shape.Dims.All(dim => dim.Symbol is null || symbols.ContainsKey(dim.Symbol))
            ? value.Shape.Resolve(symbols) : [])];
        (Target, Format) = (target, format);
    }

    public KernelTarget Target { get; }

    public Func<Matrix, DType> Format { get; }

    public IReadOnlyList<int> Of(Value value) => sizes[value.Id];

    public int Size(Value value, int axis) => sizes[value.Id][axis];

    /// <summary>Elements of a value.</summary>
    public long Length(Value value)
    {
        var length = 1L;
        foreach (var size in sizes[value.Id])
            length *= size;
        return length;
    }

    /// <summary>The product of all dimensions except the last.</summary>
    public long Rows(Value value) => Length(value) / sizes[value.Id][^1];

    /// <summary>The format in memory: the value's type, or 16 bits in place of single precision.</summary>
    public DType StoredAs(Value value) => formats.GetValueOrDefault(value, value.Type);

    /// <summary>Memory in floats.</summary>
    public long Floats(Value value) => StoredAs(value).Floats(Length(value));

    /// <summary>Memory in bytes.</summary>
    public long Bytes(Value value) => sizeof(float) * Floats(value);

    internal void Store(Value value, DType as16Bits) => formats.Add(value, as16Bits);
}
