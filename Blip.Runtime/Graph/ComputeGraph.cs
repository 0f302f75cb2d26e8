namespace Blip.Runtime.Graph;

/// <summary>A recorded computation: nodes in an order in which they may run. A graph never changes; passes make new graphs.</summary>
internal sealed class ComputeGraph
{
    internal ComputeGraph(string name, IReadOnlyList<Node> nodes, IReadOnlyList<Value> values, IReadOnlyDictionary<string, Value> outputs,
        IReadOnlyList<Node>? constants = null)
    {
        (Name, Nodes, Values, Outputs, Constants) = (name, nodes, values, outputs, constants ?? []);
    }

    /// <summary>The graph's name, such as <c>vision</c> or <c>decoder</c>.</summary>
    public string Name { get; }

    /// <summary>The nodes of each run.</summary>
    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>Nodes that depend only on parameters. A plan runs them once (<see cref="Passes.ConstantFolding"/>).</summary>
    public IReadOnlyList<Node> Constants { get; }

    /// <summary>All values; a value's id is its index.</summary>
    public IReadOnlyList<Value> Values { get; }

    /// <summary>Values that the caller gets, by name.</summary>
    public IReadOnlyDictionary<string, Value> Outputs { get; }

    /// <summary>Values that the caller binds.</summary>
    public IEnumerable<Value> Inputs => Values.Where(value => value.Kind == ValueKind.Input);

    /// <exception cref="ArgumentException">There is no input of that name.</exception>
    public Value Input(string name) => Inputs.FirstOrDefault(value => value.Name == name)
        ?? throw new ArgumentException(
            $"The graph '{Name}' has no input '{name}'; it has {string.Join(", ", Inputs.Select(value => value.Name))}.", nameof(name));

    /// <exception cref="ArgumentException">There is no output of that name.</exception>
    public Value Output(string name) => Outputs.TryGetValue(name, out var value) ? value
        : throw new ArgumentException(
            $"The graph '{Name}' has no output '{name}'; it has {string.Join(", ", Outputs.Keys)}.", nameof(name));

    /// <summary>Matrices that nodes multiply with.</summary>
    public IEnumerable<Matrix> Matrices => AllNodes.SelectMany(node => node.Matrices);

    public IEnumerable<Vector> Vectors => AllNodes.SelectMany(node => node.Vectors);

    /// <summary>Parameters that nodes read without packing.</summary>
    public IEnumerable<Value> Parameters =>
        AllNodes.SelectMany(node => node.Inputs).Where(value => value.Kind == ValueKind.Parameter).Distinct();

    /// <summary>Constants, then the nodes of a run.</summary>
    public IEnumerable<Node> AllNodes => Constants.Concat(Nodes);

    /// <summary>The same graph with other nodes, and other values where given.</summary>
    public ComputeGraph With(IReadOnlyList<Node> nodes, IReadOnlyList<Node>? constants = null, IReadOnlyList<Value>? values = null) =>
        new(Name, nodes, values ?? Values, Outputs, constants ?? Constants);

    /// <summary>The same graph with fewer outputs. Nodes without readers are then dead.</summary>
    /// <exception cref="ArgumentException">A name is not one of its outputs.</exception>
    public ComputeGraph Keeping(params IReadOnlyList<string> outputs) =>
        new(Name, Nodes, Values, outputs.ToDictionary(name => name, Output), Constants);
}
