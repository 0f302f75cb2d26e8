using System.Numerics;
using System.Runtime.CompilerServices;
using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;
using static Blip.Emulation.Instructions.Bits;

namespace Blip.Emulation.Instructions;

/// <summary>atom and red: one lane after another, by number.</summary>
internal static class Atomics
{
    public static Operation Decode(DecodeContext context)
    {
        var reduces = context.Instruction.Name == "red";
        context.Allow("global", "shared", "shared::cta", "relaxed", "acquire", "release", "acq_rel", "cta", "gpu", "sys", "add", "min",
            "max", "inc", "dec", "and", "or",
            "xor", "exch", "cas", "noftz", "gl");
        var first = reduces ? 0 : 1;
        var address = context.Operand(first);
        var (slot, offset) = MemoryAccess.Address(context, address);
        var type = context.Type;
        var bytes = PtxTypes.Bytes(type);
        var b = context.Source(first + 1);
        var c = context.Has("cas") ? context.Source(first + 2) : b;
        var function = Function(context, type, bytes);
        return new AtomicOperation(
            MemoryAccess.Space(context, address), bytes, reduces ? -1 : context.Target(0), slot, offset, b, c, function);
    }

    private static Func<ulong, ulong, ulong, ulong> Function(DecodeContext context, string type, int bytes)
    {
        var signed = type[0] == 's';
        var name = Array.Find(
            context.Parts, part => part is "add" or "min" or "max" or "inc" or "dec" or "and" or "or" or "xor" or "exch" or "cas");
        return (name, type) switch
        {
            ("add", "f32") => (old, b, _) => F(F(old) + F(b)),
            ("add", "f64") => (old, b, _) => D(D(old) + D(b)),
            ("add", "f16") => (old, b, _) => H(H(old) + H(b)),
            ("add", "f16x2") => (old, b, _) => H(H(old) + H(b)) | (H(H(old >> 16) + H(b >> 16)) << 16),
            ("add", "bf16x2") => (old, b, _) => B(B(old) + B(b)) | (B(B(old >> 16) + B(b >> 16)) << 16),
            ("add", "u32" or "s32" or "u64" or "s64") => (old, b, _) => Unsigned(old + b, bytes),
            ("min", "s32" or "s64") => (old, b, _) => Signed(old, bytes) <= Signed(b, bytes) ? old : b,
            ("max", "s32" or "s64") => (old, b, _) => Signed(old, bytes) >= Signed(b, bytes) ? old : b,
            ("min", "u32" or "u64") => (old, b, _) => Math.Min(old, b),
            ("max", "u32" or "u64") => (old, b, _) => Math.Max(old, b),
            ("inc", "u32") => (old, b, _) => old >= b ? 0 : old + 1,
            ("dec", "u32") => (old, b, _) => old == 0 || old > b ? b : old - 1,
            ("and", _) when !signed => (old, b, _) => old & b,
            ("or", _) when !signed => (old, b, _) => old | b,
            ("xor", _) when !signed => (old, b, _) => old ^ b,
            ("exch", _) => (_, b, _) => b,
            ("cas", _) => (old, b, c) => old == b ? c : old,
            _ => throw context.Instruction.Unknown("unknown atomic"),
        };
    }

    private sealed unsafe class AtomicOperation(
        PtxSpace space, int bytes, int to, int address, long offset, int b, int c, Func<ulong, ulong, ulong, ulong> function) : Operation
    {
        public override void Execute(Warp warp, uint lanes)
        {
            var registers = warp.Registers;
            Span<byte> values = stackalloc byte[8];
            for (; lanes != 0; lanes &= lanes - 1)
            {
                var lane = BitOperations.TrailingZeroCount(lanes);
                var (actual, at) = space == PtxSpace.Generic
                    ? LaneMemory.Resolve(registers[(address * 32) + lane] + (ulong)offset)
                    : (space, registers[(address * 32) + lane] + (ulong)offset);
                // Atomics on the same bytes do not race; they order groups.
                var data = Place(warp, actual, at);
                if (actual == PtxSpace.Global)
                    warp.Cta.GlobalRaces?.Atomic(warp.Index, at, finds: to >= 0);
                var old = bytes switch
                {
                    4 => Unsafe.ReadUnaligned<uint>(data),
                    8 => Unsafe.ReadUnaligned<ulong>(data),
                    _ => Unsafe.ReadUnaligned<ushort>(data)
                };
                Unsafe.WriteUnaligned(ref values[0], function(old, registers[(b * 32) + lane], registers[(c * 32) + lane]));
                values[..bytes].CopyTo(new Span<byte>(data, bytes));
                if (to >= 0)
                    registers[(to * 32) + lane] = old;
            }
        }

        private byte* Place(Warp warp, PtxSpace actual, ulong at)
        {
            byte* state;
            var data = actual == PtxSpace.Shared
                ? warp.Cta.Shared.Resolve(at, bytes, bytes, out state)
                : warp.Cta.Launch.Global.Resolve(at, bytes, bytes, out state);
            if (warp.Cta.Options.CheckInitialised && new ReadOnlySpan<byte>(state, bytes).IndexOf((byte)0) >= 0)
                throw new EmulationException(Fault.Uninitialised, $"an atomic on {bytes} bytes at 0x{at:x} that were never written");
            return data;
        }
    }
}
