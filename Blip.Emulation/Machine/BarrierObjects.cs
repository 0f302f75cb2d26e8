namespace Blip.Emulation.Machine;

/// <summary>mbarrier objects in shared memory: missing arrivals and bytes, phases, and the arrived threads' clock.</summary>
internal sealed class BarrierObjects(Cta cta)
{
    private readonly Dictionary<ulong, State> objects = [];

    public void Clear() => objects.Clear();

    public void Initialise(ulong address, int count)
    {
        if (count < 1)
            throw new EmulationException(Fault.Invalid, $"an mbarrier for {count} arrivals");
        Check(address);
        objects[address] = new State(count, cta.WarpCount);
    }

    public void Invalidate(ulong address)
    {
        if (!objects.Remove(address))
            throw new EmulationException(Fault.Invalid, $"no mbarrier at shared offset {address}");
    }

    /// <summary>Some threads of a warp arrive, perhaps with expected bytes.</summary>
    /// <returns>The phase before.</returns>
    public ulong Arrive(int warp, ulong address, int arrivals, long expectedBytes)
    {
        var state = Find(address);
        var phase = state.Phase;
        state.ExpectedBytes += expectedBytes;
        if (arrivals > state.Missing)
            throw new EmulationException(
                Fault.Invalid, $"the mbarrier at shared offset {address} is for {state.Count} arrivals and gets more");
        state.Missing -= arrivals;
        if (warp >= 0)
            cta.Races?.Release(warp, state.Clock);
        state.CompleteIfDone();
        return phase;
    }

    /// <summary>Whether the phase of this parity is complete. If so, the warp sees all accesses before it.</summary>
    public bool Test(int warp, ulong address, bool parity)
    {
        var state = Find(address);
        if ((state.Phase & 1) == (parity ? 1UL : 0))
            return false;
        cta.Races?.Acquire(warp, state.CompletedClock);
        return true;
    }

    public bool TestPhase(int warp, ulong address, ulong phase) => Test(warp, address, (phase & 1) != 0);

    private State Find(ulong address)
    {
        Check(address);
        return objects.TryGetValue(address, out var state)
            ? state
            : throw new EmulationException(Fault.Uninitialised, $"the mbarrier at shared offset {address} was not initialised");
    }

    private unsafe void Check(ulong address) => cta.Shared.Resolve(address, 8, 8, out _);

    private sealed class State(int count, int warps)
    {
        public int Count { get; } = count;

        public int Missing { get; set; } = count;

        public long ExpectedBytes { get; set; }

        public ulong Phase { get; private set; }

        public ulong[] Clock { get; } = new ulong[warps];

        public ulong[] CompletedClock { get; } = new ulong[warps];

        public void CompleteIfDone()
        {
            if (Missing > 0 || ExpectedBytes != 0)
                return;
            Phase++;
            Missing = Count;
            Clock.CopyTo(CompletedClock.AsSpan());
        }
    }
}
