namespace Blip.Emulation.Machine;

/// <summary>
/// Finds accesses to the same shared bytes, at least one of them a write, that nothing orders. Time is a count of synchronisations; for each
/// pair of warps it is known up to when the one has seen what the other did (a vector clock), so that barriers of some warps, arrivals
/// without waiting and barrier objects are exact, too. Lanes of a warp are ordered by bar.warp.sync and by barriers alone.
/// </summary>
internal sealed class RaceDetector
{
    private const int LaneBits = 6;
    private const ulong SeveralLanes = 63;

    private readonly int granule;
    private readonly int warps;
    private readonly ulong[] seen;
    private readonly ulong[] reads;
    private readonly ulong[] writes;
    private readonly ushort[] inFlight;

    public RaceDetector(int sharedBytes, int warps, int granule)
    {
        this.granule = granule;
        this.warps = warps;
        var granules = (sharedBytes / granule) + 1;
        seen = new ulong[warps * warps];
        reads = new ulong[granules * warps];
        writes = new ulong[granules];
        inFlight = new ushort[granules];
        Time = 1;
    }

    /// <summary>The synchronisations so far; goes on over groups, so that nothing must be cleared.</summary>
    public ulong Time { get; private set; }

    /// <summary>Forgets what the group before did.</summary>
    public void Begin()
    {
        Time++;
        Array.Fill(seen, Time);
        Array.Clear(inFlight);
    }

    /// <summary>Orders all accesses of the warps so far before all that follow.</summary>
    public void Join(ReadOnlySpan<int> together)
    {
        Time++;
        Span<ulong> joined = stackalloc ulong[warps];
        foreach (var warp in together)
        {
            for (var other = 0; other < warps; other++)
                joined[other] = Math.Max(joined[other], seen[(warp * warps) + other]);
        }
        foreach (var warp in together)
            joined[warp] = Time;
        foreach (var warp in together)
            joined.CopyTo(seen.AsSpan(warp * warps, warps));
    }

    /// <summary>Adds what a warp knows and did to the clock of something that others will wait for.</summary>
    public void Release(int warp, Span<ulong> clock)
    {
        Time++;
        for (var other = 0; other < warps; other++)
            clock[other] = Math.Max(clock[other], seen[(warp * warps) + other]);
        clock[warp] = Time;
    }

    /// <summary>A warp has waited for that clock.</summary>
    public void Acquire(int warp, ReadOnlySpan<ulong> clock)
    {
        for (var other = 0; other < warps; other++)
            seen[(warp * warps) + other] = Math.Max(seen[(warp * warps) + other], clock[other]);
    }

    public int Warps => warps;

    /// <summary>Whether the warp has seen what the other did at that time.</summary>
    public bool IsOrdered(int warp, int other, ulong time) => time < seen[(warp * warps) + other];

    /// <summary>Refuses bytes that are still being copied to.</summary>
    public void CheckInFlight(int offset, int bytes, int thread, string verb)
    {
        for (var g = offset / granule; g <= (offset + bytes - 1) / granule; g++)
        {
            if (inFlight[g] != 0)
                throw Race(g, thread, verb, inFlight[g] - 1, "is still copying to (cp.async)");
        }
    }

    public void Read(int offset, int bytes, int thread)
    {
        var warp = thread >> 5;
        var lane = (ulong)(thread & 31);
        var own = seen[(warp * warps) + warp];
        CheckInFlight(offset, bytes, thread, "reads");
        for (var g = offset / granule; g <= (offset + bytes - 1) / granule; g++)
        {
            CheckWrite(g, thread, "reads");
            ref var read = ref reads[(g * warps) + warp];
            if (read >> LaneBits < own)
                read = (Time << LaneBits) | lane;
            else
                read = (Time << LaneBits) | ((read & SeveralLanes) == lane ? lane : SeveralLanes);
        }
    }

    /// <summary>A write. A constant that is there already is no harm to those who wrote or read it.</summary>
    public void Write(int offset, int bytes, int thread, bool same, bool asynchronous = false)
    {
        for (var g = offset / granule; g <= (offset + bytes - 1) / granule; g++)
        {
            // Not even by another copy of the same thread: which of them lands last is not said.
            if (inFlight[g] != 0)
                throw Race(g, thread, "writes", inFlight[g] - 1, "is still copying to (cp.async)");
            if (!same)
            {
                CheckWrite(g, thread, "writes");
                CheckReads(g, thread);
            }
            writes[g] = (Time << 10) | (uint)thread;
            if (asynchronous)
                inFlight[g] = (ushort)(thread + 1);
        }
    }

    /// <summary>An asynchronous copy is complete: for the thread that began it.</summary>
    public void Land(int offset, int bytes, int thread)
    {
        for (var g = offset / granule; g <= (offset + bytes - 1) / granule; g++)
        {
            inFlight[g] = 0;
            writes[g] = (Time << 10) | (uint)thread;
        }
    }

    private void CheckWrite(int g, int thread, string verb)
    {
        var write = writes[g];
        var writer = (int)(write & 1023);
        if (write != 0 && writer != thread && write >> 10 >= seen[((thread >> 5) * warps) + (writer >> 5)])
            throw Race(g, thread, verb, writer, "wrote");
    }

    private void CheckReads(int g, int thread)
    {
        var warp = thread >> 5;
        var row = reads.AsSpan(g * warps, warps);
        for (var other = 0; other < warps; other++)
        {
            if (row[other] == 0 || row[other] >> LaneBits < seen[(warp * warps) + other])
                continue;
            var lane = row[other] & SeveralLanes;
            if (other != warp || lane != (ulong)(thread & 31))
                throw Race(g, thread, "writes", (other * 32) + (lane == SeveralLanes ? 0 : (int)lane), lane == SeveralLanes ? "and others of its warp read" : "read");
        }
    }

    private EmulationException Race(int g, int thread, string verb, int other, string did) =>
        new(Fault.Race, $"thread {thread} {verb} shared byte {g * granule}, which thread {other} {did}, with no barrier between");
}
