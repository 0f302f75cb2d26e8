using System.Buffers;
using System.Numerics;
using Blip.Emulation.Instructions;
using Blip.Emulation.Ptx;

namespace Blip.Emulation.Machine;

/// <summary>Lanes that run together.</summary>
/// <param name="At">The next instruction.</param>
/// <param name="Lanes">One bit per lane.</param>
/// <param name="Meeting">Where they meet the lanes below them on the stack.</param>
/// <param name="Call">Their call, on the first path of a called function.</param>
internal record struct DivergentPath(int At, uint Lanes, int Meeting, CallOperation? Call = null);

internal enum WarpState
{
    Ready,
    Waiting,
    Done,
}

/// <summary>
/// 32 threads that share a program counter while they agree: registers as rows of 32 values, a stack of pending paths of divergent lanes,
/// and copies in flight.
/// </summary>
internal sealed class Warp : IDisposable
{
    // Nested calls and divergent branches.
    private const int MaxWays = 256;

    private readonly DivergentPath[] ways = new DivergentPath[MaxWays];
    private readonly KernelProgram program;
    private int depth;

    public Warp(KernelProgram program, Cta cta, int index)
    {
        this.program = program;
        Cta = cta;
        Index = index;
        Registers = ArrayPool<ulong>.Shared.Rent(program.RegisterSlots * 32);
        Predicates = new uint[program.PredicateSlots];
        Written = new uint[program.RegisterSlots];
        PredicatesWritten = new uint[program.PredicateSlots];
        Local = new ThreadMemory(program.Module.LocalBytes, "local");
        Calls = new ThreadMemory(program.Module.CallBytes, "call argument");
        program.FillConstants(this);
    }

    public Cta Cta { get; }

    public int Index { get; }

    /// <summary>Lane l of slot s is at 32 s + l.</summary>
    public ulong[] Registers { get; }

    public uint[] Predicates { get; }

    public uint[] Written { get; }

    public uint[] PredicatesWritten { get; }

    public ThreadMemory Local { get; }

    public ThreadMemory Calls { get; }

    public AsyncCopies Copies { get; } = new();

    /// <summary>wgmma in progress.</summary>
    public GroupProducts Products { get; } = new();

    /// <summary>Lanes that have not ended.</summary>
    public uint Live { get; private set; }

    public WarpState State { get; set; }

    public long Taken { get; private set; }

    public long LaneInstructions { get; private set; }

    /// <summary>Set by an instruction that lets others run first.</summary>
    public bool Yield { get; set; }

    /// <summary>The current or last instruction.</summary>
    public PtxInstruction Current => program.Module.Code[Math.Max(0, lastAt)];

    private int lastAt;

    public void Begin(uint lanes)
    {
        Live = lanes;
        State = WarpState.Ready;
        Taken = 0;
        depth = 1;
        ways[0] = new DivergentPath(program.Entry.Start, lanes, -1);
        Array.Clear(Written);
        Array.Clear(PredicatesWritten);
        if (Local.Bytes > 0)
            Local.Clear();
        if (Calls.Bytes > 0)
            Calls.Clear();
        Copies.Clear();
        Products.Clear();
        program.MarkConstants(this);
    }

    /// <summary>Runs until the warp waits, ends, or has taken <c>most</c> instructions.</summary>
    public void Run(int most)
    {
        var operations = program.Operations;
        var hits = Cta.Launch.Hits;
        var check = Cta.Options.CheckInitialised;
        var limit = Taken + most;
        Yield = false;
        while (State == WarpState.Ready && Taken < limit && !Yield)
        {
            ref var way = ref ways[depth - 1];
            if (way.At == way.Meeting)
            {
                way.Call?.Return(this, way.Lanes);
                depth--;
                continue;
            }
            lastAt = way.At++;
            var operation = operations[lastAt];
            var lanes = way.Lanes;
            Taken++;
            LaneInstructions += BitOperations.PopCount(lanes);
            if (operation.Guard >= 0)
            {
                if (check && (lanes & ~PredicatesWritten[operation.Guard]) != 0)
                    throw new EmulationException(Fault.Uninitialised, "the guard was never set");
                var guard = Predicates[operation.Guard];
                lanes &= operation.GuardNegated ? ~guard : guard;
                if (lanes == 0)
                    continue;
            }
            if (check)
                CheckReads(operation, lanes);
            hits[lastAt]++;
            operation.Execute(this, lanes);
            foreach (var slot in operation.Writes)
                Written[slot] |= lanes;
            foreach (var slot in operation.PredicateWrites)
                PredicatesWritten[slot] |= lanes;
        }
    }

    /// <summary>Sends lanes to a target; the others continue.</summary>
    public void Branch(uint lanes, int target)
    {
        ref var way = ref ways[depth - 1];
        if (lanes == way.Lanes)
        {
            way.At = target;
            return;
        }
        Divide([(target, lanes), (way.At, way.Lanes & ~lanes)]);
    }

    /// <summary>Whether these are all lanes that came together.</summary>
    public bool IsWhole(uint lanes) => lanes == ways[depth - 1].Lanes;

    /// <summary>Sends lanes to several targets; the others continue.</summary>
    public void Choose(ReadOnlySpan<(int Target, uint Lanes)> parts, uint lanes)
    {
        ref var way = ref ways[depth - 1];
        foreach (var (target, some) in parts)
        {
            if (some == way.Lanes)
            {
                way.At = target;
                return;
            }
        }
        Divide([.. parts, (way.At, way.Lanes & ~lanes)]);
    }

    private void Divide(ReadOnlySpan<(int Target, uint Lanes)> parts)
    {
        ref var way = ref ways[depth - 1];
        var meeting = program.Meetings[lastAt];
        var keep = meeting == way.Meeting && way.Call is null;
        if (keep)
            depth--;
        else
            way.At = meeting;
        var flip = Cta.Flip();
        for (var i = 0; i < parts.Length; i++)
        {
            var (target, lanes) = parts[flip ? parts.Length - 1 - i : i];
            if (lanes != 0 && target != meeting)
                Push(new DivergentPath(target, lanes, meeting));
        }
    }

    public void Call(uint lanes, PtxFunction function, CallOperation call)
    {
        for (var i = 0; i < depth; i++)
        {
            if (ways[i].Meeting == function.End)
                throw new EmulationException(Fault.Invalid, $"{function.Name} calls itself");
        }
        Push(new DivergentPath(function.Start, lanes, function.End, call));
    }

    public void Exit(uint lanes)
    {
        Live &= ~lanes;
        for (var i = 0; i < depth; i++)
            ways[i].Lanes &= ~lanes;
        while (depth > 0 && ways[depth - 1].Lanes == 0)
            depth--;
        if (Live == 0)
            State = WarpState.Done;
    }

    /// <summary>Rejects an instruction that a warp must reach together.</summary>
    public void RequireAll(uint lanes)
    {
        if (lanes != Live)
            throw new EmulationException(Fault.Divergence, $"reached by lanes 0x{lanes:x8}, while 0x{Live:x8} of the warp still run");
    }

    public void RequireLanes(uint lanes, uint members)
    {
        if ((members & Live) != lanes)
            throw new EmulationException(Fault.Divergence, $"reached by lanes 0x{lanes:x8}; its mask names 0x{members:x8}");
    }

    public void Dispose()
    {
        ArrayPool<ulong>.Shared.Return(Registers);
        Local.Dispose();
        Calls.Dispose();
    }

    private void Push(DivergentPath way)
    {
        if (depth == MaxWays)
            throw new EmulationException(Fault.Invalid, "calls or divergent branches nest too deep");
        ways[depth++] = way;
    }

    private void CheckReads(Operation operation, uint lanes)
    {
        foreach (var slot in operation.Reads)
        {
            if ((lanes & ~Written[slot]) != 0)
                throw new EmulationException(Fault.Uninitialised, $"register {program.NameOf(slot)} is read and was never written");
        }
        foreach (var slot in operation.PredicateReads)
        {
            if ((lanes & ~PredicatesWritten[slot]) != 0)
                throw new EmulationException(Fault.Uninitialised, "a predicate is read and was never set");
        }
    }
}
