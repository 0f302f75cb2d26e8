using Blip.Runtime.Graph.Nodes;

namespace Blip.Runtime.Graph.Backward;

/// <summary>
/// Activation checkpointing (Chen et al. 2016, section 4): a module's values are not kept for their gradients but computed again. When the
/// backward pass reaches a module, copies of its nodes are recorded, and gradients read their results. Unread copies are dropped as dead.
/// Copies do the same arithmetic and draw the same dropout.
/// </summary>
internal sealed class Recomputation(GraphBuilder g, IReadOnlyList<Node> recorded, IReadOnlyList<ModulePath> modules)
{
    private readonly HashSet<ModulePath> waiting = [.. modules];
    private readonly Dictionary<Value, Value> copies = [];

    /// <summary>Records a module again, just before the first gradient of its nodes.</summary>
    /// <exception cref="ArgumentException">A node of the module cannot be recorded twice.</exception>
    public void Reach(Node node)
    {
        if (waiting.FirstOrDefault(module => Holds(module, node)) is not { Path: not null } module)
            return;
        waiting.Remove(module);
        foreach (var one in recorded.Where(one => Holds(module, one)))
            g.Add(Copy(one));
    }

    /// <summary>A value as gradients read it: its copy, or itself.</summary>
    public Value Now(Value value) => copies.GetValueOrDefault(value, value);

    /// <summary>An attention over such values.</summary>
    public AttentionNode Now(AttentionNode node) => node with
    {
        Spec = node.Spec with { Query = Now(node.Spec.Query), Key = Now(node.Spec.Key), Value = Now(node.Spec.Value) },
        Output = Now(node.Output),
        Probabilities = node.Probabilities is null ? null : Now(node.Probabilities),
    };

    private static bool Holds(ModulePath module, Node node) => node.Name.StartsWith($"{module.Path}.", StringComparison.Ordinal);

    private Columns Now(Columns columns) => columns with { Value = Now(columns.Value) };

    private Node Copy(Node node)
    {
        foreach (var made in node.Outputs)
            copies.Add(made, g.NewComputed(new ModulePath(made.Name) / "again", made.Shape));
        return node switch
        {
            LayerNormNode norm => norm with { Name = Again(node), X = Now(norm.X), Output = Now(norm.Output) },
            LinearNode { Residual: null, Norm: null } linear => linear with
            {
                Name = Again(node),
                X = Now(linear.X),
                Output = Now(linear.Output),
            },
            ActivationNode activation => activation with { Name = Again(node), X = Now(activation.X), Output = Now(activation.Output) },
            AddNode add => add with { Name = Again(node), A = Now(add.A), B = Now(add.B), Output = Now(add.Output) },
            DropoutNode dropout => dropout with { Name = Again(node), X = Now(dropout.X), Output = Now(dropout.Output) },
            AttentionNode attention => Now(attention) with { Name = Again(node) },
            _ => throw new ArgumentException($"{node.Name}: {node.Operator} cannot be computed a second time."),
        };
    }

    private static string Again(Node node) => (new ModulePath(node.Name) / "again").Path;
}
