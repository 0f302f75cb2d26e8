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
internal sealed record AppendCacheNode(string Name, Columns Key, Columns Value, Value KeyCache, Value ValueCache, Value Start, Value? CacheRow) : Node(Name)
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
    /// <remarks>New values are read and written; the rest of the caches is left alone.</remarks>
    public override NodeBytes Bytes(GraphSizes sizes, Func<Matrix, long> stored)
    {
        var appended = (sizes.Rows(Key.Value) * Key.Width) + (sizes.Rows(Value.Value) * Value.Width);
        return new NodeBytes(0, sizeof(float) * ((2 * appended) + sizes.Length(Start) + (CacheRow is null ? 0 : sizes.Length(CacheRow))));
    }

    /// <inheritdoc/>
    public override void Run(Plan plan) => AppendCache.Run(plan.Device, new AppendCacheArgs
    {
        Key = plan.Floats(Key.Value),
        KeyStride = Key.Value.Shape.Width,
        KeyOffset = Key.Offset,
        Value = plan.Floats(Value.Value),
        ValueStride = Value.Value.Shape.Width,
        ValueOffset = Value.Offset,
        KeyCache = plan.Floats(KeyCache),
        ValueCache = plan.Floats(ValueCache),
        Capacity = plan.Size(KeyCache, 1),
        Start = plan.Ints(Start),
        WriteRow = CacheRow is null ? plan.Device.Empty<int>() : plan.Ints(CacheRow),
        Rows = plan.Size(Key.Value, 0),
        Tokens = plan.Size(Key.Value, 1),
        Width = Key.Width,
    });
}
