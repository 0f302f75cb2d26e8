namespace Blip.Emulation.Ptx;

/// <summary>
/// Where divergent lanes meet again: the nearest instruction on all paths to the function's end (the immediate post-dominator). ptxas
/// places convergence barriers by the same rule.
/// </summary>
internal static class Reconvergence
{
    /// <summary>The meeting place of each instruction that may divide a warp; at the latest the function's end.</summary>
    public static int[] Find(PtxModule module)
    {
        var meeting = new int[module.Code.Count];
        foreach (var function in module.Functions.Values)
            Find(module, function, meeting);
        return meeting;
    }

    // Cooper, Harvey and Kennedy, "A simple, fast dominance algorithm", on the reversed graph of instructions.
    private static void Find(PtxModule module, PtxFunction function, int[] meeting)
    {
        var (start, end) = (function.Start, function.End);
        var count = end - start + 1;
        var followers = new List<int>[count];
        var leaders = new List<int>[count];
        for (var i = 0; i < count; i++)
            leaders[i] = [];
        for (var i = 0; i < count; i++)
        {
            followers[i] = Followers(module.Code[start + i], start + i, end).Select(target => target - start).Distinct().ToList();
            foreach (var follower in followers[i])
                leaders[follower].Add(i);
        }
        var order = Postorder(leaders, count - 1);
        var rank = new int[count];
        Array.Fill(rank, -1);
        for (var i = 0; i < order.Count; i++)
            rank[order[i]] = i;
        var nearest = new int[count];
        Array.Fill(nearest, -1);
        nearest[count - 1] = count - 1;
        for (var changed = true; changed;)
        {
            changed = false;
            for (var k = order.Count - 2; k >= 0; k--)
            {
                var node = order[k];
                var found = -1;
                foreach (var follower in followers[node])
                {
                    if (nearest[follower] >= 0)
                        found = found < 0 ? follower : Common(found, follower, nearest, rank);
                }
                if (found != nearest[node])
                {
                    nearest[node] = found;
                    changed = true;
                }
            }
        }
        for (var i = 0; i < count; i++)
            meeting[start + i] = nearest[i] < 0 ? end : start + nearest[i];
    }

    private static IEnumerable<int> Followers(PtxInstruction instruction, int index, int end)
    {
        if (index == end)
            yield break;
        var guarded = instruction.Guard >= 0;
        switch (instruction.Name)
        {
            case "bra" or "brx":
                foreach (var target in instruction.Targets)
                    yield return target;
                break;
            case "ret" or "exit" or "trap":
                yield return end;
                break;
            default:
                guarded = true;
                break;
        }
        if (guarded)
            yield return index + 1;
    }

    private static List<int> Postorder(List<int>[] edges, int root)
    {
        var order = new List<int>();
        var visited = new bool[edges.Length];
        var stack = new Stack<(int Node, int Edge)>();
        stack.Push((root, 0));
        visited[root] = true;
        while (stack.Count > 0)
        {
            var (node, edge) = stack.Pop();
            if (edge < edges[node].Count)
            {
                stack.Push((node, edge + 1));
                var next = edges[node][edge];
                if (!visited[next])
                {
                    visited[next] = true;
                    stack.Push((next, 0));
                }
            }
            else
            {
                order.Add(node);
            }
        }
        return order;
    }

    private static int Common(int a, int b, int[] nearest, int[] rank)
    {
        while (a != b)
        {
            while (rank[a] < rank[b])
                a = nearest[a];
            while (rank[b] < rank[a])
                b = nearest[b];
        }
        return a;
    }
}
