using System.Numerics;
using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;

namespace Blip.Emulation.Instructions;

internal static class Control
{
    public static Operation Decode(DecodeContext context)
    {
        var instruction = context.Instruction;
        switch (instruction.Name)
        {
            case "bra":
                context.Allow("uni");
                return new BranchOperation(instruction.Targets[0], context.Has("uni"));
            case "brx":
                context.Allow("idx", "uni");
                return new TableBranch(context.Source(0, "u32"), instruction.Targets);
            case "call":
                context.Allow("uni");
                return Call(context);
            case "ret" when !instruction.Function.IsEntry:
                context.Allow("uni");
                return new BranchOperation(instruction.Function.End, false);
            case "ret" or "exit" or PtxInstruction.End:
                return new ExitOperation();
            case "trap":
                return new Act((_, _) => throw new EmulationException(Fault.Invalid, "trap"));
            case "bar" or "barrier":
                return Barrier(context);
            case "membar" or "fence":
                // Here all writes are visible in order. Reads of other groups' values nevertheless require fences.
                context.Allow("cta", "gl", "sys", "gpu", "cluster", "acq_rel", "sc", "proxy", "async", "shared::cta", "global", "alias",
                    "mbarrier_init", "release");
                var isForDevice = !context.Has("cta") && !context.Has("proxy") && !context.Has("mbarrier_init");
                return new Act((warp, _) =>
                {
                    if (isForDevice)
                        warp.Cta.GlobalRaces?.Fence(warp.Index);
                });
            case "nanosleep":
                context.Source(0);
                return new Act((warp, _) => warp.Yield = true);
            default:
                throw instruction.Unknown("unknown instruction");
        }
    }

    private static Operation Barrier(DecodeContext context)
    {
        var instruction = context.Instruction;
        context.Allow("sync", "cta", "warp", "arrive", "aligned");
        if (context.Has("warp"))
        {
            var members = context.Source(0, "b32");
            return new Act((warp, lanes) =>
            {
                warp.RequireLanes(lanes, (uint)warp.Registers[(members * 32) + BitOperations.TrailingZeroCount(lanes)]);
                warp.Cta.Races?.Join([warp.Index]);
            });
        }
        if (!context.Has("sync") && !context.Has("arrive"))
            throw instruction.Unknown("unknown form");
        var wait = context.Has("sync");
        var number = context.Source(0, "u32");
        var threads = context.Count > 1 ? context.Source(1, "u32") : context.Program.ConstantSlot(0);
        return new Act((warp, lanes) =>
        {
            warp.RequireAll(lanes);
            var lane = BitOperations.TrailingZeroCount(lanes);
            warp.Cta.Arrive(warp, (int)warp.Registers[(number * 32) + lane], (int)warp.Registers[(threads * 32) + lane], wait);
        });
    }

    // call (results), name, (arguments): values are copied between both sides' variables.
    private static CallOperation Call(DecodeContext context)
    {
        var operands = context.Instruction.Operands.ToList();
        var at = operands.FindIndex(operand => operand.Kind == PtxOperandKind.Name);
        var function = context.Program.Module.Functions[operands[at].Name];
        var results = at > 0 ? operands[0].Elements : [];
        var arguments = at + 1 < operands.Count ? operands[at + 1].Elements : [];
        if (arguments.Length != function.Parameters.Count || results.Length != function.Results.Count)
            throw context.Instruction.Unknown("another number of arguments than the function takes");
        var copies = new List<(int From, int To, int Bytes)>();
        for (var i = 0; i < arguments.Length; i++)
            copies.Add((Variable(context, arguments[i], function.Parameters[i]).Offset, function.Parameters[i].Offset,
                function.Parameters[i].Size));
        var back = new List<(int From, int To, int Bytes)>();
        for (var i = 0; i < results.Length; i++)
            back.Add((function.Results[i].Offset, Variable(context, results[i], function.Results[i]).Offset, function.Results[i].Size));
        return new CallOperation(function, [.. copies], [.. back]);
    }

    private static PtxVariable Variable(DecodeContext context, PtxOperand operand, PtxVariable formal)
    {
        if (operand.Kind != PtxOperandKind.Symbol || operand.Variable!.Space != PtxSpace.Call)
            throw context.Instruction.Unknown("arguments that are no .param variables");
        if (operand.Variable.Size != formal.Size)
            throw context.Instruction.Unknown($"an argument of {operand.Variable.Size} bytes for one of {formal.Size}");
        return operand.Variable;
    }

    internal sealed class Act(Action<Warp, uint> work) : Operation
    {
        public override void Execute(Warp warp, uint lanes) => work(warp, lanes);
    }

    private sealed class BranchOperation(int target, bool uniform) : Operation
    {
        public override void Execute(Warp warp, uint lanes)
        {
            if (uniform && Guard >= 0 && !warp.IsWhole(lanes))
                throw new EmulationException(Fault.Divergence, "bra.uni, and the lanes do not agree");
            warp.Branch(lanes, target);
        }
    }

    private sealed class TableBranch(int index, int[] targets) : Operation
    {
        public override void Execute(Warp warp, uint lanes)
        {
            Span<(int Target, uint Lanes)> parts = stackalloc (int, uint)[targets.Length + 1];
            for (var i = 0; i < targets.Length; i++)
                parts[i].Target = targets[i];
            var count = targets.Length;
            for (var left = lanes; left != 0; left &= left - 1)
            {
                var lane = BitOperations.TrailingZeroCount(left);
                var choice = (uint)warp.Registers[(index * 32) + lane];
                if (choice >= targets.Length)
                    throw new EmulationException(Fault.OutOfBounds, $"entry {choice} of a table of {targets.Length} labels");
                parts[(int)choice].Lanes |= 1u << lane;
            }
            warp.Choose(parts[..count], lanes);
        }
    }

    private sealed class ExitOperation : Operation
    {
        public override void Execute(Warp warp, uint lanes)
        {
            for (var left = lanes; left != 0; left &= left - 1)
            {
                if (warp.Copies.Any(BitOperations.TrailingZeroCount(left)))
                    throw new EmulationException(Fault.Invalid, "a thread ends while its cp.async copies are in flight");
            }
            if (warp.Products.Any)
                throw new EmulationException(Fault.Invalid, "a thread ends while its wgmma products are under way");
            warp.Exit(lanes);
        }
    }
}

/// <summary>Passes arguments, and results when the lanes return.</summary>
internal sealed unsafe class CallOperation(
    PtxFunction function, (int From, int To, int Bytes)[] arguments, (int From, int To, int Bytes)[] results) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        Copy(warp, lanes, arguments);
        warp.Call(lanes, function, this);
    }

    public void Return(Warp warp, uint lanes) => Copy(warp, lanes, results);

    private static void Copy(Warp warp, uint lanes, (int From, int To, int Bytes)[] copies)
    {
        foreach (var (from, to, bytes) in copies)
        {
            for (var left = lanes; left != 0; left &= left - 1)
            {
                var lane = BitOperations.TrailingZeroCount(left);
                var source = warp.Calls.Resolve((ulong)from, lane, bytes, 1, out var sourceState);
                var target = warp.Calls.Resolve((ulong)to, lane, bytes, 1, out var targetState);
                Buffer.MemoryCopy(source, target, bytes, bytes);
                Buffer.MemoryCopy(sourceState, targetState, bytes, bytes);
            }
        }
    }
}
