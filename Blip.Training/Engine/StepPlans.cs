using Blip.Runtime.Graph;
using Blip.Runtime.Models;

namespace Blip.Training.Engine;

/// <summary>A graph's plans by batch sizes; only the lengths of texts vary.</summary>
internal sealed class StepPlans(Executor executor, ComputeGraph graph) : IDisposable
{
    private const int Kept = 16;

    private readonly PlanCache<Sizes> plans = new(sizes => executor.Plan(graph, sizes.Symbols), Kept);

    public Plan Get(IEnumerable<(string Symbol, int Size)> sizes) => plans.Get(new Sizes([.. sizes]));

    /// <inheritdoc/>
    public void Dispose() => plans.Dispose();

    private sealed class Sizes((string Symbol, int Size)[] symbols) : IEquatable<Sizes>
    {
        public (string Symbol, int Size)[] Symbols => symbols;

        public bool Equals(Sizes? other) => other is not null && symbols.AsSpan().SequenceEqual(other.Symbols);

        public override bool Equals(object? obj) => Equals(obj as Sizes);

        public override int GetHashCode() => symbols.Aggregate(0, HashCode.Combine);
    }
}
