using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>Plans by size; the least recently used one makes room.</summary>
internal sealed class PlanCache<TKey>(Func<TKey, Plan> make, int capacity) : IDisposable
    where TKey : notnull
{
    private readonly Dictionary<TKey, Plan> plans = [];
    private readonly List<TKey> byUse = [];

    public Plan Get(TKey key)
    {
        if (byUse.Count > 0 && EqualityComparer<TKey>.Default.Equals(byUse[^1], key))
            return plans[key];
        if (!plans.TryGetValue(key, out var plan))
        {
            if (plans.Count == capacity)
            {
                plans.Remove(byUse[0], out var oldest);
                oldest!.Dispose();
                byUse.RemoveAt(0);
            }
            plans.Add(key, plan = make(key));
        }
        byUse.Remove(key);
        byUse.Add(key);
        return plan;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var plan in plans.Values)
            plan.Dispose();
        plans.Clear();
        byUse.Clear();
    }
}
