using System.Numerics;
using System.Runtime.Intrinsics;
using Blip.Emulation.Machine;

namespace Blip.Emulation.Instructions;

internal sealed class Map1(int to, int a, Func<ulong, ulong> function) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        var registers = warp.Registers.AsSpan();
        var result = registers.Slice(to * 32, 32);
        var first = registers.Slice(a * 32, 32);
        if (lanes == ~0u)
        {
            for (var lane = 0; lane < result.Length; lane++)
                result[lane] = function(first[lane]);
            return;
        }
        for (; lanes != 0; lanes &= lanes - 1)
        {
            var lane = BitOperations.TrailingZeroCount(lanes);
            result[lane] = function(first[lane]);
        }
    }
}

internal sealed class Map2(int to, int a, int b, Func<ulong, ulong, ulong> function) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        var registers = warp.Registers.AsSpan();
        var result = registers.Slice(to * 32, 32);
        var first = registers.Slice(a * 32, 32);
        var second = registers.Slice(b * 32, 32);
        if (lanes == ~0u)
        {
            for (var lane = 0; lane < result.Length; lane++)
                result[lane] = function(first[lane], second[lane]);
            return;
        }
        for (; lanes != 0; lanes &= lanes - 1)
        {
            var lane = BitOperations.TrailingZeroCount(lanes);
            result[lane] = function(first[lane], second[lane]);
        }
    }
}

internal sealed class Map3(int to, int a, int b, int c, Func<ulong, ulong, ulong, ulong> function) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        var registers = warp.Registers.AsSpan();
        var result = registers.Slice(to * 32, 32);
        var first = registers.Slice(a * 32, 32);
        var second = registers.Slice(b * 32, 32);
        var third = registers.Slice(c * 32, 32);
        if (lanes == ~0u)
        {
            for (var lane = 0; lane < result.Length; lane++)
                result[lane] = function(first[lane], second[lane], third[lane]);
            return;
        }
        for (; lanes != 0; lanes &= lanes - 1)
        {
            var lane = BitOperations.TrailingZeroCount(lanes);
            result[lane] = function(first[lane], second[lane], third[lane]);
        }
    }
}

internal sealed class Move(int to, int from) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        var registers = warp.Registers.AsSpan();
        var source = registers.Slice(from * 32, 32);
        var target = registers.Slice(to * 32, 32);
        if (lanes == ~0u)
        {
            source.CopyTo(target);
            return;
        }
        for (; lanes != 0; lanes &= lanes - 1)
        {
            var lane = BitOperations.TrailingZeroCount(lanes);
            target[lane] = source[lane];
        }
    }
}

internal sealed class Compare(
    int to, int toInverse, int a, int b, LaneTest test, Func<uint, uint, uint> combine, int with, bool withNegated) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        var result = test(warp.Registers.AsSpan(a * 32, 32), warp.Registers.AsSpan(b * 32, 32));
        var other = with < 0 ? 0 : withNegated ? ~warp.Predicates[with] : warp.Predicates[with];
        if (to >= 0)
            warp.Predicates[to] = (warp.Predicates[to] & ~lanes) | (combine(result, other) & lanes);
        if (toInverse >= 0)
            warp.Predicates[toInverse] = (warp.Predicates[toInverse] & ~lanes) | (combine(~result, other) & lanes);
    }
}

/// <summary>Compares two registers into a third: a value if true, else 0.</summary>
internal sealed class SetMap(int to, int a, int b, LaneTest test, ulong yes) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        var result = test(warp.Registers.AsSpan(a * 32, 32), warp.Registers.AsSpan(b * 32, 32));
        for (; lanes != 0; lanes &= lanes - 1)
        {
            var lane = BitOperations.TrailingZeroCount(lanes);
            warp.Registers[(to * 32) + lane] = (result >> lane & 1) != 0 ? yes : 0;
        }
    }
}

/// <summary>A function of predicates, for all lanes at once.</summary>
internal sealed class PredicateMap(int to, int a, int b, Func<uint, uint, uint> function) : Operation
{
    public override void Execute(Warp warp, uint lanes) =>
        warp.Predicates[to] = (warp.Predicates[to] & ~lanes) | (function(warp.Predicates[a], b < 0 ? 0 : warp.Predicates[b]) & lanes);
}

internal sealed class Select(int to, int a, int b, int predicate, bool negated) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        var registers = warp.Registers.AsSpan();
        var result = registers.Slice(to * 32, 32);
        var first = registers.Slice(a * 32, 32);
        var second = registers.Slice(b * 32, 32);
        var choice = negated ? ~warp.Predicates[predicate] : warp.Predicates[predicate];
        for (var lane = 0; lane < result.Length; lane += LaneVectors.Width)
        {
            var (yes, no, before) = (LaneVectors.Load(first, lane), LaneVectors.Load(second, lane), LaneVectors.Load(result, lane));
            var value = Vector512.ConditionalSelect(LaneVectors.Mask(choice >> lane), yes, no);
            value = Vector512.ConditionalSelect(LaneVectors.Mask(lanes >> lane), value, before);
            value.CopyTo(result[lane..]);
        }
    }
}

internal sealed class EachLane(Action<ulong[], int> work) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        for (; lanes != 0; lanes &= lanes - 1)
            work(warp.Registers, BitOperations.TrailingZeroCount(lanes));
    }
}
