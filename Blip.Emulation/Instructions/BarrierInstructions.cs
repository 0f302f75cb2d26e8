using System.Numerics;
using Blip.Emulation.Machine;

namespace Blip.Emulation.Instructions;

/// <summary>mbarrier: objects in shared memory, at which threads arrive and for whose phases they wait.</summary>
internal static class BarrierInstructions
{
    public static Operation Decode(DecodeContext context)
    {
        context.Allow("init", "inval", "arrive", "expect_tx", "test_wait", "try_wait", "parity", "shared", "shared::cta", "acquire",
            "release", "cta", "relaxed", "noComplete");
        if (!context.Has("shared") && !context.Has("shared::cta"))
            throw context.Instruction.Unknown("only in shared memory");
        switch (context.Parts[1])
        {
            case "init":
                var (at, offset) = MemoryAccess.Address(context, context.Operand(0));
                var count = context.Source(1, "u32");
                return new Control.Act((warp, lanes) => WarpExchange.Each(lanes, lane =>
                    warp.Cta.Objects.Initialise(
                        warp.Registers[(at * 32) + lane] + (ulong)offset, (int)warp.Registers[(count * 32) + lane])));
            case "inval":
                var (gone, goneOffset) = MemoryAccess.Address(context, context.Operand(0));
                return new Control.Act((warp, lanes) =>
                    WarpExchange.Each(lanes, lane => warp.Cta.Objects.Invalidate(warp.Registers[(gone * 32) + lane] + (ulong)goneOffset)));
            case "arrive":
                return Arrive(context);
            case "test_wait" or "try_wait":
                return Wait(context);
            default:
                throw context.Instruction.Unknown("unknown form");
        }
    }

    private static Control.Act Arrive(DecodeContext context)
    {
        var to = context.Target(0);
        var (at, offset) = MemoryAccess.Address(context, context.Operand(1));
        var expects = context.Has("expect_tx");
        var number = context.Count > 2 ? context.Source(2, "u32") : context.Program.ConstantSlot(expects ? 0UL : 1);
        return new Control.Act((warp, lanes) => WarpExchange.Each(lanes, lane =>
        {
            var address = warp.Registers[(at * 32) + lane] + (ulong)offset;
            var value = (int)warp.Registers[(number * 32) + lane];
            warp.Registers[(to * 32) + lane] = warp.Cta.Objects.Arrive(warp.Index, address, expects ? 1 : value, expects ? value : 0);
        }));
    }

    private static Control.Act Wait(DecodeContext context)
    {
        var to = context.PredicateTarget(context.Operand(0));
        var (at, offset) = MemoryAccess.Address(context, context.Operand(1));
        var parity = context.Has("parity");
        var phase = context.Source(2, parity ? "u32" : "b64");
        return new Control.Act((warp, lanes) =>
        {
            var done = 0u;
            for (var left = lanes; left != 0; left &= left - 1)
            {
                var lane = BitOperations.TrailingZeroCount(left);
                var address = warp.Registers[(at * 32) + lane] + (ulong)offset;
                var value = warp.Registers[(phase * 32) + lane];
                if (parity ? warp.Cta.Objects.Test(warp.Index, address, (value & 1) != 0)
                    : warp.Cta.Objects.TestPhase(warp.Index, address, value))
                    done |= 1u << lane;
            }
            warp.Predicates[to] = (warp.Predicates[to] & ~lanes) | done;
            // Waiting loops let other warps run.
            warp.Yield = done != lanes;
        });
    }
}
