using System.Diagnostics;
using System.Numerics;
using Blip.Emulation.Machine;

namespace Blip.Emulation.Instructions;

/// <summary>shfl, vote, match, redux, activemask.</summary>
internal static class WarpExchange
{
    public static Operation Decode(DecodeContext context)
    {
        switch (context.Instruction.Name)
        {
            case "shfl":
                return Shuffle(context);
            case "vote":
                return Vote(context);
            case "match":
                return Match(context);
            case "redux":
                return Reduce(context);
            case "activemask":
                var to = context.Target(0);
                return new Control.Act((warp, lanes) => Each(lanes, lane => warp.Registers[(to * 32) + lane] = lanes));
            default:
                throw context.Instruction.Unknown("unknown instruction");
        }
    }

    private static Control.Act Shuffle(DecodeContext context)
    {
        context.Allow("sync", "up", "down", "bfly", "idx");
        if (!context.Has("sync"))
            throw context.Instruction.Unknown("only the form with .sync");
        var target = context.Operand(0);
        var (to, found) = (context.Target(target with { Second = null }), context.PredicateTarget(target.Second));
        var (a, b, c, members) = (context.Source(1), context.Source(2), context.Source(3), context.Source(4));
        var mode = context.Parts[2];
        return new Control.Act((warp, lanes) =>
        {
            var registers = warp.Registers;
            CheckMembers(warp, lanes, members);
            Span<ulong> values = stackalloc ulong[32];
            registers.AsSpan(a * 32, 32).CopyTo(values);
            var valid = 0u;
            for (var left = lanes; left != 0; left &= left - 1)
            {
                var lane = BitOperations.TrailingZeroCount(left);
                var distance = (int)registers[(b * 32) + lane] & 31;
                var clamp = (int)registers[(c * 32) + lane];
                var segment = clamp >> 8 & 31;
                var highest = (lane & segment) | (clamp & 31 & ~segment);
                var lowest = lane & segment;
                var (source, inside) = mode switch
                {
                    "up" => (lane - distance, lane - distance >= highest),
                    "down" => (lane + distance, lane + distance <= highest),
                    "bfly" => (lane ^ distance, (lane ^ distance) <= highest),
                    "idx" => (lowest | (distance & ~segment), (lowest | (distance & ~segment)) <= highest),
                    _ => throw new UnreachableException($"Nothing is exchanged by {mode}."),
                };
                if (!inside)
                    source = lane;
                else
                    valid |= 1u << lane;
                if ((lanes >> source & 1) == 0)
                    throw new EmulationException(Fault.Divergence, $"lane {lane} reads from lane {source}, which does not take part");
                registers[(to * 32) + lane] = values[source];
            }
            if (found >= 0)
                warp.Predicates[found] = (warp.Predicates[found] & ~lanes) | valid;
        });
    }

    private static Control.Act Vote(DecodeContext context)
    {
        context.Allow("sync", "all", "any", "uni", "ballot");
        var ballot = context.Has("ballot");
        var to = ballot ? context.Target(0) : context.PredicateTarget(context.Operand(0));
        var operand = context.Operand(1);
        var a = context.PredicateSource(operand);
        var members = context.Source(2, "b32");
        var mode = context.Parts[2];
        return new Control.Act((warp, lanes) =>
        {
            CheckMembers(warp, lanes, members);
            var set = (operand.Negated ? ~warp.Predicates[a] : warp.Predicates[a]) & lanes;
            if (ballot)
            {
                Each(lanes, lane => warp.Registers[(to * 32) + lane] = set);
                return;
            }
            var result = mode switch
            {
                "all" => set == lanes,
                "any" => set != 0,
                "uni" => set == lanes || set == 0,
                _ => throw new UnreachableException($"Nothing votes by {mode}."),
            };
            warp.Predicates[to] = (warp.Predicates[to] & ~lanes) | (result ? lanes : 0);
        });
    }

    private static Control.Act Match(DecodeContext context)
    {
        context.Allow("sync", "any");
        var (to, a, members) = (context.Target(0), context.Source(1), context.Source(2, "b32"));
        return new Control.Act((warp, lanes) =>
        {
            CheckMembers(warp, lanes, members);
            var registers = warp.Registers;
            Each(lanes, lane =>
            {
                var equal = 0u;
                Each(lanes, other => equal |= registers[(a * 32) + other] == registers[(a * 32) + lane] ? 1u << other : 0);
                registers[(to * 32) + lane] = equal;
            });
        });
    }

    private static Control.Act Reduce(DecodeContext context)
    {
        context.Allow("sync", "add", "min", "max", "and", "or", "xor");
        var (to, a, members) = (context.Target(0), context.Source(1), context.Source(2, "b32"));
        var signed = context.Type == "s32";
        Func<uint, uint, uint> function = context.Parts[2] switch
        {
            "add" => (x, y) => x + y,
            "min" => signed ? (x, y) => (uint)Math.Min((int)x, (int)y) : Math.Min,
            "max" => signed ? (x, y) => (uint)Math.Max((int)x, (int)y) : Math.Max,
            "and" => (x, y) => x & y,
            "or" => (x, y) => x | y,
            "xor" => (x, y) => x ^ y,
            _ => throw context.Instruction.Unknown("unknown reduction"),
        };
        return new Control.Act((warp, lanes) =>
        {
            CheckMembers(warp, lanes, members);
            var result = (uint)warp.Registers[(a * 32) + BitOperations.TrailingZeroCount(lanes)];
            Each(lanes & (lanes - 1), lane => result = function(result, (uint)warp.Registers[(a * 32) + lane]));
            Each(lanes, lane => warp.Registers[(to * 32) + lane] = result);
        });
    }

    private static void CheckMembers(Warp warp, uint lanes, int members) =>
        Each(lanes, lane => warp.RequireLanes(lanes, (uint)warp.Registers[(members * 32) + lane]));

    internal static void Each(uint lanes, Action<int> work)
    {
        for (; lanes != 0; lanes &= lanes - 1)
            work(BitOperations.TrailingZeroCount(lanes));
    }
}
