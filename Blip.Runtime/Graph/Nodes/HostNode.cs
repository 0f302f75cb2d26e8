namespace Blip.Runtime.Graph.Nodes;

/// <summary>
/// A step that the host takes in the middle of a run: it reads values, decides, and fills inputs of the nodes behind it. A graph that holds
/// one cannot be captured.
/// </summary>
/// <param name="Name">The decision.</param>
/// <param name="Reads">The values that it reads.</param>
/// <param name="Fills">The inputs that it fills.</param>
/// <param name="Action">Reads and fills; it may wait for the device.</param>
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
