using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;

namespace Blip.Emulation.Instructions;

internal static class MemoryAccess
{
    // Windows for generic addresses of shared and local memory, far from device memory.
    internal const ulong SharedWindow = 0x00AA_0000_0000_0000;
    internal const ulong LocalWindow = 0x00BB_0000_0000_0000;
    internal const ulong WindowSize = 1UL << 32;

    public static Operation Decode(DecodeContext context) => context.Instruction.Name switch
    {
        "ld" or "ldu" => Load(context),
        "st" => Store(context),
        "cvta" => Convert(context),
        "isspacep" => IsIn(context),
        "prefetch" or "prefetchu" => new Control.Act((_, _) => { }),
        _ => Atomics.Decode(context),
    };

    /// <summary>The space that an instruction names, or its symbol's.</summary>
    internal static PtxSpace Space(DecodeContext context, PtxOperand address)
    {
        if (context.Has("param") || context.Has("param::entry") || context.Has("param::func"))
            return address.Elements[0] is { Kind: PtxOperandKind.Symbol, Variable.Space: PtxSpace.Call }
                ? PtxSpace.Call
                : PtxSpace.Parameter;
        if (context.Has("shared") || context.Has("shared::cta"))
            return PtxSpace.Shared;
        if (context.Has("global"))
            return PtxSpace.Global;
        if (context.Has("local"))
            return PtxSpace.Local;
        return context.Has("const") ? PtxSpace.Constant : PtxSpace.Generic;
    }

    internal static (int Slot, long Offset) Address(DecodeContext context, PtxOperand address)
    {
        if (address.Kind != PtxOperandKind.Address)
            throw context.Instruction.Unknown("an address is expected");
        var start = address.Elements[0];
        return start is { Kind: PtxOperandKind.Symbol, Variable: { Size: 0, Space: PtxSpace.Shared } }
            ? (context.Program.ConstantSlot((ulong)(context.Program.DynamicShared + start.Offset)), address.Offset)
            : (context.Source(start, "u64"), address.Offset);
    }

    private static LoadOperation Load(DecodeContext context)
    {
        Modifiers(context);
        var address = context.Operand(1);
        var (slot, offset) = Address(context, address);
        var to = context.Operand(0);
        var type = context.Type;
        var elements = to.Kind == PtxOperandKind.Vector ? to.Elements : [to];
        CheckVector(context, elements.Length);
        var extend = type[0] == 's' ? Math.Max(elements[0].Bits / 8, PtxTypes.Bytes(type)) : 0;
        return new LoadOperation(Space(context, address), PtxTypes.Bytes(type), extend, [.. elements.Select(context.Target)], slot, offset)
        {
            IsUniform = address.Elements[0].Kind == PtxOperandKind.Symbol,
        };
    }

    private static StoreOperation Store(DecodeContext context)
    {
        Modifiers(context);
        var address = context.Operand(0);
        var (slot, offset) = Address(context, address);
        var from = context.Operand(1);
        var elements = from.Kind == PtxOperandKind.Vector ? from.Elements : [from];
        CheckVector(context, elements.Length);
        var space = Space(context, address);
        if (space is PtxSpace.Constant or PtxSpace.Parameter)
            throw context.Instruction.Unknown("this memory cannot be written");
        return new StoreOperation(space, PtxTypes.Bytes(context.Type),
            [.. elements.Select(element => context.Source(element, context.Type))], slot, offset,
            elements.All(element => element.Kind == PtxOperandKind.Immediate));
    }

    private static void CheckVector(DecodeContext context, int elements)
    {
        if (elements != (context.Has("v2") ? 2 : context.Has("v4") ? 4 : 1))
            throw context.Instruction.Unknown("the vector has another length than its modifier says");
    }

    // Cache hints, and orders that always hold here.
    private static void Modifiers(DecodeContext context) => context.Allow(
        "param", "param::entry", "param::func", "shared", "shared::cta", "global", "local", "const", "v2", "v4", "volatile", "weak",
            "relaxed", "acquire", "release",
        "cta", "gpu", "sys", "ca", "cg", "cs", "lu", "cv", "wb", "wt", "nc", "L1::evict_first", "L1::evict_last", "L1::evict_normal",
            "L1::no_allocate", "L2::64B",
        "L2::128B", "L2::256B");

    private static Operation Convert(DecodeContext context)
    {
        context.Allow("to", "global", "shared", "local", "const", "param");
        var to = context.Has("to");
        var window = context.Has("shared") ? SharedWindow : context.Has("local") ? LocalWindow : 0;
        if (context.Has("param"))
            throw context.Instruction.Unknown("generic addresses of arguments are not known");
        if (window == 0)
            return new Move(context.Target(0), context.Source(1));
        if (!to)
            return new Map1(context.Target(0), context.Source(1), a => a + window);
        return new Map1(context.Target(0), context.Source(1), a => a - window < WindowSize
            ? a - window
            : throw new EmulationException(Fault.Invalid, $"the generic address 0x{a:x} is none of that memory"));
    }

    private static Compare IsIn(DecodeContext context)
    {
        var window = context.Has("shared") ? SharedWindow : context.Has("local") ? LocalWindow : 0;
        var source = context.Source(1, "u64");
        Func<ulong, ulong, bool> test = window == 0 ? (a, _) => GlobalMemory.IsDevice(a) : (a, _) => a - window < WindowSize;
        return new Compare(context.PredicateTarget(context.Operand(0)), -1, source, source, Relations.Each(test), (a, _) => a, -1, false);
    }
}
