using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>
/// Writes keys and values <c>[rows, tokens, …]</c> into their caches <c>[cache rows, capacity, hidden]</c> in place: token <c>t</c> of row
/// <c>r</c> goes to position <c>Start[r] + t</c>. <c>CacheRow</c> is the cache row of each row <c>[rows]</c>; null for the same.
/// </summary>
internal sealed record AppendCacheNode(
    string Name, Columns Key, Columns Value, Value KeyCache, Value ValueCache, Value Start, Value? CacheRow) : Node(Name)
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
    /// <remarks>Only new values are read and written.</remarks>
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
