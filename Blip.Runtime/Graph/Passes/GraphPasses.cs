using Blip.Kernels.Devices;

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

    /// <summary><see cref="ValueStorage"/>: values that every reader rounds to 16 bits are stored in 16 bits.</summary>
    Storage = 16,

    /// <summary><see cref="Passes.FirstTokens"/>.</summary>
    FirstTokens = 32,

    /// <summary>All of them.</summary>
    All = DeadNodes | Epilogues | Constants | Memory | Storage | FirstTokens,
}

/// <summary>Applies passes.</summary>
internal static class GraphPasses
{
    /// <summary>The passes that rewrite a graph, in their order.</summary>
    internal static IReadOnlyList<IGraphPass> Rewrites { get; } = [new DeadNodeElimination(), new FirstTokens(), new EpilogueFusion(), new ConstantFolding()];

    /// <summary>The passes that a <see cref="Plan"/> applies, because they need to know sizes.</summary>
    internal const PassSet Planned = PassSet.Memory | PassSet.Storage;

    /// <summary>Every set of passes, from none to all. Tests run each of them; a new flag joins by itself.</summary>
    internal static IEnumerable<PassSet> Subsets()
    {
        var all = Enum.GetValues<PassSet>().Aggregate((union, flag) => union | flag);
        for (var set = PassSet.None; ; set = (set - (int)all) & all)
        {
            yield return set;
            if (set == all)
                yield break;
        }
    }

    /// <summary>Applies those of the set that rewrite a graph (storage and memory are planned later, when sizes are known).</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="passes">The set.</param>
    /// <param name="target">Which kernels will run it.</param>
    public static ComputeGraph Apply(ComputeGraph graph, PassSet passes, KernelTarget target) =>
        Rewrites.Where(pass => passes.HasFlag(pass.Flag)).Aggregate(graph, (current, pass) => pass.Apply(current, target));
}
