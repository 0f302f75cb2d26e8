using System.Buffers;
using System.Numerics;

namespace Blip.Emulation.Machine;

/// <summary>
/// Finds unordered accesses to the same shared bytes, one of them a write. Time counts synchronisations. A vector clock holds, for each
/// pair of warps, the time up to which one has seen the other's accesses. This is exact for partial barriers, arrivals without waiting and
/// barrier objects too. Only bar.warp.sync and barriers order a warp's lanes.
/// </summary>
internal sealed class RaceDetector : IDisposable
{
    private const int LaneBits = 6;
    private const ulong SeveralLanes = 63;
    private const int ThreadBits = 10;
    private const ulong LastThread = (1UL << ThreadBits) - 1;

    private readonly int shift;
    private readonly int warps;
    private readonly ulong[] seen;

    // The smallest entry of each warp's row in `seen`: earlier accesses by any warp are ordered before it.
    private readonly ulong[] seenOfAll;
    private readonly ulong[] reads;
    private readonly ulong[] writes;

    // The time of a granule's last read.
    private readonly ulong[] lastReads;
    private readonly ushort[] inFlight;

    /// <summary>The granule is a power of two bytes.</summary>
    public RaceDetector(int sharedBytes, int warps, int granule)
    {
        shift = BitOperations.Log2((uint)granule);
        this.warps = warps;
        var granules = (sharedBytes >> shift) + 1;
        seen = new ulong[warps * warps];
        seenOfAll = new ulong[warps];
        reads = Zeros<ulong>(granules * warps);
        writes = Zeros<ulong>(granules);
        lastReads = Zeros<ulong>(granules);
        inFlight = Zeros<ushort>(granules);
        Time = 1;
    }

    /// <summary>The synchronisations so far. It continues over groups, so that nothing must be cleared.</summary>
    public ulong Time { get; private set; }

    /// <summary>Forgets the previous group's accesses.</summary>
    public void Begin()
    {
        Time++;
        Array.Fill(seen, Time);
        Array.Fill(seenOfAll, Time);
        Array.Clear(inFlight);
    }

    /// <summary>Orders the warps' accesses so far before all later ones.</summary>
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
        {
            joined.CopyTo(seen.AsSpan(warp * warps, warps));
            Summarise(warp);
        }
    }

    /// <summary>Adds a warp's knowledge and accesses to a clock that others will wait for.</summary>
    public void Release(int warp, Span<ulong> clock)
    {
        Time++;
        for (var other = 0; other < warps; other++)
            clock[other] = Math.Max(clock[other], seen[(warp * warps) + other]);
        clock[warp] = Time;
    }

    /// <summary>A warp has waited for a clock.</summary>
    public void Acquire(int warp, ReadOnlySpan<ulong> clock)
    {
        for (var other = 0; other < warps; other++)
            seen[(warp * warps) + other] = Math.Max(seen[(warp * warps) + other], clock[other]);
        Summarise(warp);
    }

    public int Warps => warps;

    /// <summary>Whether a warp has seen another's accesses at a time.</summary>
    public bool IsOrdered(int warp, int other, ulong time) => time < seen[(warp * warps) + other];

    /// <summary>Rejects bytes of unfinished copies.</summary>
    public void CheckInFlight(int offset, int bytes, int thread, string verb)
    {
        for (var g = offset >> shift; g <= (offset + bytes - 1) >> shift; g++)
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
        var ordered = seenOfAll[warp];
        CheckInFlight(offset, bytes, thread, "reads");
        for (var g = offset >> shift; g <= (offset + bytes - 1) >> shift; g++)
        {
            if (writes[g] >> ThreadBits >= ordered)
                CheckWrite(g, thread, "reads");
            lastReads[g] = Time;
            ref var read = ref reads[(g * warps) + warp];
            if (read >> LaneBits < own)
                read = (Time << LaneBits) | lane;
            else
                read = (Time << LaneBits) | ((read & SeveralLanes) == lane ? lane : SeveralLanes);
        }
    }

    /// <summary>A write. An unchanged constant does not conflict with its other writers and readers.</summary>
    public void Write(int offset, int bytes, int thread, bool same, bool asynchronous = false)
    {
        var ordered = seenOfAll[thread >> 5];
        for (var g = offset >> shift; g <= (offset + bytes - 1) >> shift; g++)
        {
            // Also between copies of one thread: the last to land is unspecified.
            if (inFlight[g] != 0)
                throw Race(g, thread, "writes", inFlight[g] - 1, "is still copying to (cp.async)");
            if (!same)
            {
                if (writes[g] >> ThreadBits >= ordered)
                    CheckWrite(g, thread, "writes");
                if (lastReads[g] >= ordered)
                    CheckReads(g, thread);
            }
            writes[g] = (Time << ThreadBits) | (uint)thread;
            if (asynchronous)
                inFlight[g] = (ushort)(thread + 1);
        }
    }

    /// <summary>An asynchronous copy is complete for its thread.</summary>
    public void Land(int offset, int bytes, int thread)
    {
        for (var g = offset >> shift; g <= (offset + bytes - 1) >> shift; g++)
        {
            inFlight[g] = 0;
            writes[g] = (Time << ThreadBits) | (uint)thread;
        }
    }

    public void Dispose()
    {
        ArrayPool<ulong>.Shared.Return(reads);
        ArrayPool<ulong>.Shared.Return(writes);
        ArrayPool<ulong>.Shared.Return(lastReads);
        ArrayPool<ushort>.Shared.Return(inFlight);
    }

    // Thousands of launches with new arrays would burden the garbage collector.
    private static T[] Zeros<T>(int count)
    {
        var array = ArrayPool<T>.Shared.Rent(count);
        Array.Clear(array, 0, count);
        return array;
    }

    private void Summarise(int warp)
    {
        var least = ulong.MaxValue;
        foreach (var time in seen.AsSpan(warp * warps, warps))
            least = Math.Min(least, time);
        seenOfAll[warp] = least;
    }

    private void CheckWrite(int g, int thread, string verb)
    {
        var write = writes[g];
        var writer = (int)(write & LastThread);
        if (write != 0 && writer != thread && write >> ThreadBits >= seen[((thread >> 5) * warps) + (writer >> 5)])
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
                throw Race(g, thread, "writes", (other * 32) + (lane == SeveralLanes ? 0 : (int)lane),
                    lane == SeveralLanes ? "and others of its warp read" : "read");
        }
    }

    private EmulationException Race(int g, int thread, string verb, int other, string did) =>
        new(Fault.Race, $"thread {thread} {verb} shared byte {g << shift}, which thread {other} {did}, with no barrier between");
}
