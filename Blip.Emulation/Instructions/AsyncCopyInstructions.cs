using System.Numerics;
using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;

namespace Blip.Emulation.Instructions;

/// <summary>cp.async: copies from global to shared memory. Their thread sees them after its wait, others after a barrier.</summary>
internal static class AsyncCopyInstructions
{
    public static Operation Decode(DecodeContext context)
    {
        var parts = context.Parts;
        if (parts.Length < 3 || parts[1] != "async" || parts[2] == "bulk")
            throw context.Instruction.Unknown("unknown copy");
        switch (parts[2])
        {
            case "commit_group":
                return new Control.Act((warp, lanes) => WarpExchange.Each(lanes, warp.Copies.Commit));
            case "wait_group":
                var newest = (int)context.Operand(0).Value;
                return new Control.Act((warp, lanes) =>
                {
                    for (; lanes != 0; lanes &= lanes - 1)
                    {
                        while (warp.Copies.TryComplete(BitOperations.TrailingZeroCount(lanes), newest, out var copy))
                            Land(warp, copy);
                    }
                });
            case "wait_all":
                return new Control.Act((warp, lanes) =>
                {
                    for (; lanes != 0; lanes &= lanes - 1)
                    {
                        while (warp.Copies.TryCompleteAny(BitOperations.TrailingZeroCount(lanes), out var copy))
                            Land(warp, copy);
                    }
                });
            case "ca" or "cg":
                return Copy(context);
            default:
                throw context.Instruction.Unknown("unknown copy");
        }
    }

    private static Control.Act Copy(DecodeContext context)
    {
        context.Allow("async", "ca", "cg", "shared", "shared::cta", "global", "L2::64B", "L2::128B", "L2::256B");
        var (target, targetOffset) = MemoryAccess.Address(context, context.Operand(0));
        var (source, sourceOffset) = MemoryAccess.Address(context, context.Operand(1));
        var size = (int)context.Operand(2).Value;
        if (size is not (4 or 8 or 16) || (size != 16 && context.Has("cg")))
            throw context.Instruction.Unknown($"a copy of {size} bytes");
        var bytes = context.Count > 3 ? context.Source(3, "u32") : context.Program.ConstantSlot((ulong)size);
        return new Control.Act((warp, lanes) => WarpExchange.Each(lanes, lane =>
        {
            var registers = warp.Registers;
            var read = (int)registers[(bytes * 32) + lane];
            if (read < 0 || read > size)
                throw new EmulationException(Fault.Invalid, $"cp.async reads {read} of {size} bytes");
            var thread = (warp.Index * 32) + lane;
            var copy = new AsyncCopy(thread, registers[(source * 32) + lane] + (ulong)sourceOffset,
                registers[(target * 32) + lane] + (ulong)targetOffset, read, size);
            Begin(warp, copy);
            warp.Copies.Add(lane, copy);
        }));
    }

    private static unsafe void Begin(Warp warp, AsyncCopy copy)
    {
        if (copy.Source % (ulong)copy.Size != 0)
            throw new EmulationException(Fault.Misaligned, $"cp.async of {copy.Size} bytes from 0x{copy.Source:x}");
        if (copy.Bytes > 0)
            LaneMemory.Read(warp, copy.Thread & 31, PtxSpace.Global, copy.Source, copy.Bytes, 1, warp.Cta.Options.CheckInitialised);
        var data = warp.Cta.Shared.Resolve(copy.Target, copy.Size, copy.Size, out var state);
        warp.Cta.Races?.Write((int)copy.Target, copy.Size, copy.Thread, same: false, asynchronous: true);
        // The copy may land at any time: its bytes are off limits until the wait.
        new Span<byte>(data, copy.Size).Fill(0xFF);
        new Span<byte>(state, copy.Size).Clear();
    }

    private static unsafe void Land(Warp warp, AsyncCopy copy)
    {
        var target = warp.Cta.Shared.Resolve(copy.Target, copy.Size, copy.Size, out var state);
        var whole = new Span<byte>(target, copy.Size);
        whole.Clear();
        if (copy.Bytes > 0)
        {
            var source = LaneMemory.Read(warp, copy.Thread & 31, PtxSpace.Global, copy.Source, copy.Bytes, 1, check: false);
            new ReadOnlySpan<byte>(source, copy.Bytes).CopyTo(whole);
        }
        new Span<byte>(state, copy.Size).Fill(1);
        warp.Cta.Races?.Land((int)copy.Target, copy.Size, copy.Thread);
    }
}
