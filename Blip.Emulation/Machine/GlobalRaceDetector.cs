namespace Blip.Emulation.Machine;

/// <summary>
/// Finds unordered accesses of a launch's threads to the same 32-bit words of device memory, one of them a write. Barriers order a group's
/// threads; only fences and atomics order groups. Each word's stamps hold the last write and read.
/// </summary>
internal sealed unsafe class GlobalRaceDetector(RaceDetector times, GlobalMemory memory, GroupOrder? groups)
{
    // launch 24 | group 14 | thread 10 | time 16
    private const int TimeBits = 16;
    private const ulong LatestTime = (1UL << TimeBits) - 1;

    private ulong launchAndGroup;
    private ulong begin;

    public void Begin(long launch, long group)
    {
        launchAndGroup = (((ulong)launch & 0xFFFFFF) << 40) | (((ulong)group & 0x3FFF) << 26);
        begin = times.Time;
        groups?.Begin((int)group & 0x3FFF);
    }

    /// <inheritdoc cref="GroupOrder.Fence"/>
    public void Fence(int warp) => groups?.Fence(warp);

    /// <inheritdoc cref="GroupOrder.Atomic"/>
    public void Atomic(int warp, ulong address, bool finds) => groups?.Atomic(warp, address, finds);

    /// <inheritdoc cref="GroupOrder.Join"/>
    public void Join(ReadOnlySpan<int> together) => groups?.Join(together);

    public void Read(ulong address, int bytes, int thread)
    {
        if (times.Time - begin > LatestTime)
            return;
        var words = memory.Stamps(address, out var writes, out var reads, bytes);
        var stamp = Stamp(thread);
        for (var i = 0; i < words; i++)
        {
            Check(writes[i], thread, address, "reads", "wrote");
            reads[i] = stamp;
        }
    }

    /// <summary>
    /// Reads by a warp's consecutive lanes, in whole words. False if this launch wrote one: lanes must be checked singly.
    /// </summary>
    public bool TryReadRow(ulong address, int bytesPerLane, int firstThread)
    {
        if (times.Time - begin > LatestTime)
            return true;
        var wordsPerLane = bytesPerLane / 4;
        var words = memory.Stamps(address, out var writes, out var reads, bytesPerLane * 32);
        // Stored first: a concurrent writer sees the read, or is seen.
        for (var lane = 0; lane < 32; lane++)
            new Span<ulong>(reads + (lane * wordsPerLane), wordsPerLane).Fill(Stamp(firstThread + lane));
        var launch = launchAndGroup >> 40;
        for (var i = 0; i < words; i++)
        {
            if (writes[i] >> 40 == launch && writes[i] != 0)
                return false;
        }
        return true;
    }

    /// <summary>A write. An unchanged constant does not conflict with its other writers and readers.</summary>
    public void Write(ulong address, int bytes, int thread, bool same)
    {
        if (times.Time - begin > LatestTime)
            return;
        // Two threads may write halves of a word.
        if (bytes < 4)
            return;
        var words = memory.Stamps(address, out var writes, out var reads, bytes);
        var stamp = Stamp(thread);
        for (var i = 0; i < words; i++)
        {
            if (!same)
            {
                Check(writes[i], thread, address, "writes", "wrote");
                Check(reads[i], thread, address, "writes", "read");
            }
            writes[i] = stamp;
        }
    }

    private ulong Stamp(int thread) => launchAndGroup | ((ulong)(uint)thread << TimeBits) | (times.Time - begin);

    private void Check(ulong stamp, int thread, ulong address, string verb, string did)
    {
        if (stamp >> 40 != launchAndGroup >> 40 || stamp == 0)
            return;
        var other = (int)(stamp >> TimeBits) & 1023;
        if (stamp >> 26 != launchAndGroup >> 26)
        {
            var group = (int)(stamp >> 26) & 0x3FFF;
            if (groups is null || !groups.IsOrdered(thread >> 5, group, other >> 5, stamp & LatestTime))
                throw new EmulationException(Fault.Race,
                    $"thread {thread} {verb} global memory at 0x{address:x}, which thread {other} of group {group} {did}, and nothing "
                        + $"orders them");
            return;
        }
        if (other != thread && !times.IsOrdered(thread >> 5, other >> 5, begin + (stamp & LatestTime)))
            throw new EmulationException(
                Fault.Race, $"thread {thread} {verb} global memory at 0x{address:x}, which thread {other} {did}, with no barrier between");
    }
}
