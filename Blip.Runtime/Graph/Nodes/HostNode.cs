namespace Blip.Runtime.Graph.Nodes;

/// <summary>
/// A host's step during a run: it reads values, decides, and fills inputs of later nodes. It may wait for the device. A graph with such a
/// node cannot be captured.
/// </summary>
internal sealed record HostNode(string Name, IReadOnlyList<Value> Reads, IReadOnlyList<Value> Fills, Action<Plan> Action) : Node(Name)
{
    /// <inheritdoc/>
    public override string Operator => "Host";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => Reads.Concat(Fills);

    /// <inheritdoc/>
    public override IEnumerable<Value> Outputs => [];

    /// <inheritdoc/>
    public override IEnumerable<Value> Writes => Fills;

    /// <inheritdoc/>
    public override void Run(Plan plan) => Action(plan);
}
