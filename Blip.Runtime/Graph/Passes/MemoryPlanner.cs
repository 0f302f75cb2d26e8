namespace Blip.Runtime.Graph.Passes;

/// <summary>
/// Places the values between nodes in one arena. Two values share memory when no node needs both. The largest is placed first, each at the
/// lowest place that is free during its life. A node may overwrite an input that it reads last.
/// </summary>
internal static class MemoryPlanner
{
    /// <summary>Floats: every value starts on a cache line, and whole vectors may be written past an odd end.</summary>
    private const long Alignment = 16;

    /// <summary>
    /// Offsets in floats by value, and the arena's length. Placed values are computed, and neither outputs nor constants. Without
    /// <paramref name="share"/> every value has separate memory.
    /// </summary>
    public static (IReadOnlyDictionary<Value, long> Offsets, long Length) Place(
        ComputeGraph graph, IReadOnlyCollection<Value> placed, Func<Value, long> length, bool share = true)
    {
        var lives = placed.ToDictionary(value => value, value => share ? Life(graph, value) : (First: 0, Last: int.MaxValue));
        var owners = share ? Overwritten(graph, lives, length) : [];
        foreach (var (value, owner) in owners)
            lives[owner] = (lives[owner].First, Math.Max(lives[owner].Last, lives[value].Last));
        var offsets = new Dictionary<Value, long>();
        foreach (var value in placed.Where(value => !owners.ContainsKey(value)).OrderByDescending(length).ThenBy(value => value.Id))
        {
            var taken = offsets
                .Where(other => lives[other.Key].First <= lives[value].Last && lives[value].First <= lives[other.Key].Last)
                .Select(other => (Start: other.Value, End: other.Value + Padded(other.Key)))
                .Order();
            var start = 0L;
            foreach (var (otherStart, otherEnd) in taken)
            {
                if (otherStart - start >= Padded(value))
                    break;
                start = Math.Max(start, otherEnd);
            }
            offsets.Add(value, start);
        }
        foreach (var (value, owner) in owners)
            offsets.Add(value, offsets[owner]);
        return (offsets, offsets.Count == 0 ? 0 : offsets.Max(entry => entry.Value + Padded(entry.Key)));

        long Padded(Value value) => (length(value) + Alignment - 1) / Alignment * Alignment;
    }

    // Values in the memory of another, each with the first of its chain.
    private static Dictionary<Value, Value> Overwritten(
        ComputeGraph graph, Dictionary<Value, (int First, int Last)> lives, Func<Value, long> length)
    {
        var owners = new Dictionary<Value, Value>();
        foreach (var (i, node) in graph.Nodes.Index())
        {
            if (node.Overwrites is var (input, output) && lives.TryGetValue(input, out var life) && lives.ContainsKey(output)
                && life.Last == i && length(input) == length(output))
                owners.Add(output, owners.GetValueOrDefault(input, input));
        }
        return owners;
    }

    // From its producer to its last reader, both included: a kernel may not overwrite its inputs.
    private static (int First, int Last) Life(ComputeGraph graph, Value value)
    {
        var nodes = graph.Nodes;
        var first = Enumerable.Range(0, nodes.Count).First(i => nodes[i].Outputs.Contains(value));
        var last = Enumerable.Range(first, nodes.Count - first).Last(i => i == first || nodes[i].Inputs.Contains(value));
        return (first, last);
    }
}
