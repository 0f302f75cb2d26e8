using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>Writes this run's keys and values into their caches: token <c>t</c> of row <c>r</c> goes to position <c>Start[r] + t</c>.</summary>
/// <param name="Name">The module.</param>
/// <param name="Key">Keys of this run <c>[rows, tokens, …]</c>.</param>
/// <param name="Value">Values of this run.</param>
/// <param name="KeyCache">Cache <c>[cache rows, capacity, hidden]</c>, changed in place.</param>
/// <param name="ValueCache">The same for values.</param>
/// <param name="Start">Position of each row's first token <c>[rows]</c>.</param>
/// <param name="CacheRow">Which cache row each row writes <c>[rows]</c>; null for its own.</param>
public sealed record AppendCacheNode(string Name, Columns Key, Columns Value, Value KeyCache, Value ValueCache, Value Start, Value? CacheRow) : Node(Name)
{
    /// <inheritdoc/>
    public override string Operator => "AppendCache";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs =>
        new[] { Key.Value, Value.Value, KeyCache, ValueCache, Start, CacheRow }.OfType<Value>().Distinct();

    /// <inheritdoc/>
    public override IEnumerable<Value> Outputs => [];

    /// <inheritdoc/>
    public override IEnumerable<Value> Writes => [KeyCache, ValueCache];

    /// <inheritdoc/>
    /// <remarks>What is appended is read and written; the rest of the caches is left alone.</remarks>
    public override NodeBytes Bytes(GraphSizes sizes, Func<Matrix, long> stored)
    {
        var appended = (sizes.Rows(Key.Value) * Key.Width) + (sizes.Rows(Value.Value) * Value.Width);
        return new NodeBytes(0, sizeof(float) * ((2 * appended) + sizes.Length(Start) + (CacheRow is null ? 0 : sizes.Length(CacheRow))));
    }

    /// <inheritdoc/>
    public override int Kernels => 2;

    /// <inheritdoc/>
    public override void Run(Plan plan)
    {
        Append(plan, Key, KeyCache);
        Append(plan, Value, ValueCache);
    }

    private void Append(Plan plan, Columns source, Value cache) => AppendCache.Run(plan.Device, new AppendCacheArgs
    {
        Source = plan.Floats(source.Value),
        SourceStride = source.Value.Shape.Width,
        SourceOffset = source.Offset,
        Cache = plan.Floats(cache),
        Capacity = plan.Size(cache, 1),
        Start = plan.Ints(Start),
        WriteRow = CacheRow is null ? plan.Device.Empty<int>() : plan.Ints(CacheRow),
        Rows = plan.Size(source.Value, 0),
        Tokens = plan.Size(source.Value, 1),
        Width = source.Width,
    });
}
