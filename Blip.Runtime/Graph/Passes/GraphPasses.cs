using Blip.Kernels.Devices;

namespace Blip.Runtime.Graph.Passes;

/// <summary>The passes over a graph.</summary>
[Flags]
internal enum PassSet
{
    /// <summary>The recorded graph.</summary>
    None = 0,

    /// <summary><see cref="DeadNodeElimination"/>.</summary>
    DeadNodes = 1,

    /// <summary><see cref="EpilogueFusion"/>.</summary>
    Epilogues = 2,

    /// <summary><see cref="ConstantFolding"/>.</summary>
    Constants = 4,

    /// <summary><see cref="MemoryPlanner"/>: values whose lives do not overlap share memory.</summary>
    Memory = 8,

    /// <summary><see cref="ValueStorage"/>: values that every reader rounds to 16 bits are stored in them.</summary>
    Storage = 16,

    /// <summary><see cref="Passes.FirstTokens"/>.</summary>
    FirstTokens = 32,

    All = DeadNodes | Epilogues | Constants | Memory | Storage | FirstTokens,
}

internal static class GraphPasses
{
    /// <summary>The passes that rewrite a graph, in their order.</summary>
    internal static IReadOnlyList<IGraphPass> Rewrites { get; } =
        [new DeadNodeElimination(), new FirstTokens(), new EpilogueFusion(), new ConstantFolding()];

    /// <summary>Passes that need sizes; a <see cref="Plan"/> applies them.</summary>
    internal const PassSet Planned = PassSet.Memory | PassSet.Storage;

    /// <summary>Every set of passes, for tests; a new flag joins by itself.</summary>
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

    /// <summary>Applies the set's rewriting passes. Storage and memory are planned later, when sizes are known.</summary>
    public static ComputeGraph Apply(ComputeGraph graph, PassSet passes, KernelTarget target) =>
        Rewrites.Where(pass => passes.HasFlag(pass.Flag)).Aggregate(graph, (current, pass) => pass.Apply(current, target));
}
