namespace Blip.Runtime.Graph.Passes;

/// <summary>A rewrite that keeps what a graph computes.</summary>
internal interface IGraphPass
{
    /// <summary>Its name, as an option spells it.</summary>
    string Name { get; }

    /// <summary>Rewrites.</summary>
    ComputeGraph Apply(ComputeGraph graph);
}
