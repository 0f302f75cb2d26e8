namespace Blip.Emulation.Machine;

/// <summary>
/// Each warp's knowledge of other groups of its launch. Groups are ordered only through atomics. A thread's fence publishes its knowledge
/// with its next atomic on device memory. A thread that reads that atomic sees it after its own fence, and barriers spread both. Clocks are
/// <see cref="RaceDetector"/>'s, per warp, from the group's begin. Groups run one after another here.
/// </summary>
internal sealed class GroupOrder(RaceDetector times)
{
    private readonly Dictionary<ulong, Known> handedOn = [];
    private Known[] seen = [], fenced = [], found = [];
    private int group;
    private ulong begin;

    public void Begin(int number)
    {
        (group, begin) = (number, times.Time);
        seen = Empty();
        fenced = Empty();
        found = Empty();
    }

    /// <summary>A warp's threads fence for the whole device.</summary>
    public void Fence(int warp)
    {
        seen[warp].Add(found[warp]);
        fenced[warp].Add(seen[warp]);
        var clock = new ulong[times.Warps];
        times.Release(warp, clock);
        fenced[warp].Add(group, [.. clock.Select(time => time > begin ? time - begin : 0)]);
    }

    /// <summary>A warp's thread does an atomic on device memory, and perhaps reads the old value (<c>finds</c>).</summary>
    public void Atomic(int warp, ulong address, bool finds)
    {
        if (!handedOn.TryGetValue(address, out var there))
            handedOn.Add(address, there = new Known());
        if (finds)
            found[warp].Add(there);
        there.Add(fenced[warp]);
    }

    /// <summary>Warps meet at a barrier.</summary>
    public void Join(ReadOnlySpan<int> together)
    {
        foreach (var known in (ReadOnlySpan<Known[]>)[seen, fenced])
        {
            var all = new Known();
            foreach (var warp in together)
                all.Add(known[warp]);
            foreach (var warp in together)
                known[warp].Add(all);
        }
    }

    /// <summary>Whether a warp has seen another group's access at a time.</summary>
    public bool IsOrdered(int warp, int otherGroup, int otherWarp, ulong time) => seen[warp].Has(otherGroup, otherWarp, time);

    private Known[] Empty() => [.. Enumerable.Range(0, times.Warps).Select(_ => new Known())];

    private sealed class Known
    {
        private readonly Dictionary<int, ulong[]> clocks = [];

        public bool Has(int group, int warp, ulong time) => clocks.TryGetValue(group, out var clock) && time < clock[warp];

        public void Add(Known other)
        {
            foreach (var (group, clock) in other.clocks)
                Add(group, clock);
        }

        public void Add(int group, ulong[] clock)
        {
            if (!clocks.TryGetValue(group, out var own))
                clocks.Add(group, own = new ulong[clock.Length]);
            for (var warp = 0; warp < clock.Length; warp++)
                own[warp] = Math.Max(own[warp], clock[warp]);
        }
    }
}
