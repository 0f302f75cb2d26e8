namespace Blip.Runtime.Graph.Passes;

/// <summary>The passes, in the order in which they are applied.</summary>
[Flags]
internal enum PassSet
{
    /// <summary>The graph as the model recorded it.</summary>
    None = 0,

    /// <summary><see cref="DeadNodeElimination"/>.</summary>
    DeadNodes = 1,

    /// <summary><see cref="EpilogueFusion"/>.</summary>
    Epilogues = 2,

    /// <summary><see cref="ConstantFolding"/>.</summary>
    Constants = 4,

    /// <summary><see cref="MemoryPlanner"/>: values whose lives do not overlap share memory.</summary>
    Memory = 8,

    /// <summary><see cref="ValueStorage"/>: what every reader rounds to 16 bits is stored in them.</summary>
    Storage = 16,

    /// <summary>All of them.</summary>
    All = DeadNodes | Epilogues | Constants | Memory | Storage,
}

/// <summary>Applies passes.</summary>
internal static class GraphPasses
{
    private static readonly (PassSet Flag, IGraphPass Pass)[] Rewrites =
        [(PassSet.DeadNodes, new DeadNodeElimination()), (PassSet.Epilogues, new EpilogueFusion()), (PassSet.Constants, new ConstantFolding())];

    /// <summary>Applies those of the set that rewrite a graph (storage and memory are planned later, when sizes are known).</summary>
    public static ComputeGraph Apply(ComputeGraph graph, PassSet passes) =>
        Rewrites.Where(rewrite => passes.HasFlag(rewrite.Flag)).Aggregate(graph, (current, rewrite) => rewrite.Pass.Apply(current));
}
