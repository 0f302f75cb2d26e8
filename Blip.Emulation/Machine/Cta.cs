using System.Numerics;
using Blip.Emulation.Ptx;

namespace Blip.Emulation.Machine;

/// <summary>One group's warps, shared memory and barriers. It runs groups one after another.</summary>
internal sealed class Cta : IDisposable
{
    private const int Barriers = 16;

    // Long enough to be cheap, short enough for waiting loops.
    private const int LongTurn = 20_000;

    private readonly Warp[] warps;
    private readonly BarrierState[] barriers = [.. Enumerable.Range(0, Barriers).Select(_ => new BarrierState())];
    private readonly SeededOrder order = new();

    public Cta(KernelLaunch launch)
    {
        Launch = launch;
        Options = launch.Options;
        Shared = new SharedMemory(launch.Program.DynamicShared + launch.DynamicSharedBytes);
        var count = (int)((launch.Block.Count + 31) / 32);
        Races = launch.Options.CheckRaces ? new RaceDetector(Shared.Bytes, count, launch.Program.SharedGranule) : null;
        GlobalRaces = Races is null
            ? null
            : new GlobalRaceDetector(Races, launch.Global, launch.Program.UsesGlobalAtomics ? new GroupOrder(Races) : null);
        warps = [.. Enumerable.Range(0, count).Select(index => new Warp(launch.Program, this, index))];
        Objects = new BarrierObjects(this);
    }

    public KernelLaunch Launch { get; }

    public EmulationOptions Options { get; }

    public SharedMemory Shared { get; }

    public RaceDetector? Races { get; }

    public GlobalRaceDetector? GlobalRaces { get; }

    public BarrierObjects Objects { get; }

    public Dim3 Group { get; private set; }

    public int WarpCount => warps.Length;

    /// <summary>Which side of a divergent branch goes first.</summary>
    public bool Flip() => Options.Seed != 0 && (order.Next() & 1) != 0;

    /// <summary>Runs one group.</summary>
    /// <exception cref="EmulationException">A fault; the message names instruction, group and warp.</exception>
    public LaunchCounts Run(Dim3 group, long number)
    {
        Group = group;
        order.Begin(Options.Seed, number);
        Shared.Clear();
        Races?.Begin();
        GlobalRaces?.Begin(Launch.Number, number);
        Objects.Clear();
        foreach (var barrier in barriers)
            barrier.Clear();
        var threads = (int)Launch.Block.Count;
        var before = warps.Sum(warp => warp.LaneInstructions);
        foreach (var warp in warps)
        {
            var lanes = Math.Min(32, threads - (warp.Index * 32));
            warp.Begin(lanes == 32 ? ~0u : (1u << lanes) - 1);
        }
        var running = warps.Length;
        while (running > 0)
        {
            var ready = 0;
            running = 0;
            order.Shuffle(warps.Length);
            for (var i = 0; i < warps.Length; i++)
            {
                var warp = warps[order[i]];
                if (warp.State == WarpState.Ready)
                {
                    ready++;
                    Turn(warp);
                }
                running += warp.State == WarpState.Done ? 0 : 1;
            }
            if (ready == 0 && running > 0)
                throw new EmulationException(Fault.Deadlock,
                    $"{Where}: the group waits for ever: "
                        + string.Join("; ", warps.Where(warp => warp.State != WarpState.Done)
                            .Select(warp => $"warp {warp.Index} at {warp.Current}")));
        }
        return new LaunchCounts(warps.Sum(warp => warp.Taken), warps.Sum(warp => warp.LaneInstructions) - before);
    }

    /// <summary>A warp arrives at a barrier for some threads, 0 for the whole group, and waits or continues.</summary>
    public void Arrive(Warp warp, int number, int threads, bool wait)
    {
        if (number is < 0 or >= Barriers)
            throw new EmulationException(Fault.Invalid, $"barrier {number}; there are 0 to 15");
        if (threads < 0 || threads % 32 != 0)
            throw new EmulationException(Fault.Invalid, $"a barrier for {threads} threads, no multiple of 32");
        var barrier = barriers[number];
        if (barrier.Arrived.Count == 0)
            barrier.Threads = threads;
        else if (barrier.Threads != threads)
            throw new EmulationException(Fault.Invalid, $"barrier {number} is waited for by {barrier.Threads} and by {threads} threads");
        if (barrier.Arrived.Contains(warp.Index))
            throw new EmulationException(Fault.Deadlock, $"warp {warp.Index} arrives at barrier {number} twice");
        barrier.Arrived.Add(warp.Index);
        if (wait)
        {
            barrier.Waiting.Add(warp.Index);
            warp.State = WarpState.Waiting;
        }
        Complete(barrier);
    }

    /// <summary>Others may have waited for an ended warp.</summary>
    public void Ended()
    {
        foreach (var barrier in barriers)
        {
            if (barrier.Arrived.Count > 0)
                Complete(barrier);
        }
    }

    public void Dispose()
    {
        foreach (var warp in warps)
            warp.Dispose();
        Shared.Dispose();
        Races?.Dispose();
    }

    private string Where => $"{Launch.Program.Entry.Name}, group {Group}";

    private void Complete(BarrierState barrier)
    {
        // A warp counts as 32 threads even if some lanes have ended. Ended warps are not awaited.
        var missing = barrier.Threads > 0
            ? barrier.Arrived.Count * 32 < barrier.Threads
            : warps.Any(warp => warp.State != WarpState.Done && !barrier.Arrived.Contains(warp.Index));
        if (missing)
            return;
        int[] arrived = [.. barrier.Arrived];
        Races?.Join(arrived);
        GlobalRaces?.Join(arrived);
        foreach (var index in barrier.Waiting)
            warps[index].State = WarpState.Ready;
        barrier.Clear();
    }

    private void Turn(Warp warp)
    {
        try
        {
            warp.Run(order.Turn(LongTurn));
            if (warp.State == WarpState.Done)
                Ended();
            if (warp.Taken > Options.MaxInstructionsPerWarp)
                throw new EmulationException(Fault.Endless, $"more than {Options.MaxInstructionsPerWarp} instructions");
        }
        catch (EmulationException e)
        {
            throw new EmulationException(e.Fault, $"{Where}, warp {warp.Index}, {warp.Current}: {e.Message}", e);
        }
    }

    private sealed class BarrierState
    {
        public int Threads { get; set; }

        public List<int> Arrived { get; } = [];

        public List<int> Waiting { get; } = [];

        public void Clear()
        {
            Arrived.Clear();
            Waiting.Clear();
        }
    }
}

/// <summary>Random orders of warps, the same for a seed and group. Seed 0 keeps the order.</summary>
internal sealed class SeededOrder
{
    private int[] order = [];
    private int seed;
    private ulong state;

    public int this[int index] => order[index];

    public void Begin(int newSeed, long number)
    {
        seed = newSeed;
        state = ((ulong)(uint)newSeed << 32) ^ ((ulong)number * 0x9E3779B97F4A7C15) ^ 0xD1B54A32D192ED03;
    }

    public ulong Next()
    {
        // SplitMix64.
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    public void Shuffle(int count)
    {
        if (order.Length != count)
            order = [.. Enumerable.Range(0, count)];
        if (seed == 0)
            return;
        for (var i = count - 1; i > 0; i--)
        {
            var j = (int)(Next() % (ulong)(i + 1));
            (order[i], order[j]) = (order[j], order[i]);
        }
    }

    /// <summary>The number of instructions in a warp's turn: with a seed sometimes few, sometimes many.</summary>
    public int Turn(int most) =>
        seed == 0 ? most : (Next() % 4) switch { 0 => 1 + (int)(Next() % 16), 1 => 1 + (int)(Next() % 256), _ => most };
}
