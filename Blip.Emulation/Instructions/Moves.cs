using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;

namespace Blip.Emulation.Instructions;

/// <summary>mov, with packing and unpacking.</summary>
internal static class Moves
{
    public static Operation Move(DecodeContext context)
    {
        context.Allow();
        var type = context.Type;
        var (to, from) = (context.Operand(0), context.Operand(1));
        if (type == "pred")
            return new PredicateMap(
                context.PredicateTarget(to), context.PredicateSource(from), -1, from.Negated ? (a, _) => ~a : (a, _) => a);
        if (from.Kind == PtxOperandKind.Vector)
            return Pack(context, to, from, type);
        if (to.Kind == PtxOperandKind.Vector)
            return Unpack(context, to, from, type);
        if (from is { Kind: PtxOperandKind.Symbol, Variable.Size: 0, Variable.Space: PtxSpace.Shared })
            return new Move(context.Target(0), context.Program.ConstantSlot((ulong)(context.Program.DynamicShared + from.Offset)));
        return new Move(context.Target(0), context.Source(1));
    }

    private static EachLane Pack(DecodeContext context, PtxOperand to, PtxOperand from, string type)
    {
        var bits = PtxTypes.Bytes(type) * 8 / from.Elements.Length;
        var mask = (1UL << bits) - 1;
        var sources = from.Elements.Select(element => context.Source(element, $"b{bits}") * 32).ToArray();
        var target = context.Target(to) * 32;
        return new EachLane((registers, lane) =>
        {
            var packed = 0UL;
            for (var i = 0; i < sources.Length; i++)
                packed |= (registers[sources[i] + lane] & mask) << (i * bits);
            registers[target + lane] = packed;
        });
    }

    private static EachLane Unpack(DecodeContext context, PtxOperand to, PtxOperand from, string type)
    {
        var bits = PtxTypes.Bytes(type) * 8 / to.Elements.Length;
        var mask = (1UL << bits) - 1;
        var source = context.Source(from, type) * 32;
        var targets = to.Elements.Select(element => context.Target(element) * 32).ToArray();
        return new EachLane((registers, lane) =>
        {
            var packed = registers[source + lane];
            for (var i = 0; i < targets.Length; i++)
                registers[targets[i] + lane] = (packed >> (i * bits)) & mask;
        });
    }
}
