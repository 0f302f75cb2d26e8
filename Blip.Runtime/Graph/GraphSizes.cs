namespace Blip.Runtime.Graph;

/// <summary>How large a graph's values are once its symbols have sizes: what a plan makes room for, and what a cost is counted from.</summary>
public sealed class GraphSizes
{
    private readonly int[][] sizes;

    /// <summary>Gives the symbols sizes.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="symbols">The size of each symbol; one that only inputs have may be left out, and they have no size then.</param>
    /// <exception cref="ArgumentException">A symbol of a computed value has no size.</exception>
    public GraphSizes(ComputeGraph graph, IReadOnlyDictionary<string, int> symbols)
    {
        sizes = [.. graph.Values.Select(value => value.Kind == ValueKind.Computed || value.Shape.Dims.All(dim => dim.Symbol is null || symbols.ContainsKey(dim.Symbol))
            ? value.Shape.Resolve(symbols) : [])];
    }

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
}
