using System.Runtime.CompilerServices;
using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;

namespace Blip.Emulation.Instructions;

/// <summary>
/// ldmatrix and stmatrix of 8 by 8 matrices of 16 bits. Lanes 8 i to 8 i + 7 give the row addresses of matrix i. Lane l holds the elements
/// (l / 4, 2 (l % 4)) and the next one; with .trans (2 (l % 4), l / 4) and the one below.
/// </summary>
internal static class MatrixMoves
{
    public static Operation Decode(DecodeContext context)
    {
        context.Allow("sync", "aligned", "m8n8", "x1", "x2", "x4", "trans", "shared", "shared::cta");
        if (!context.Has("m8n8") || context.Type != "b16")
            throw context.Instruction.Unknown("only m8n8 of b16");
        var count = context.Has("x4") ? 4 : context.Has("x2") ? 2 : 1;
        var load = context.Instruction.Name == "ldmatrix";
        var fragment = context.Operand(load ? 0 : 1);
        var address = context.Operand(load ? 1 : 0);
        var (slot, offset) = MemoryAccess.Address(context, address);
        var space = MemoryAccess.Space(context, address);
        if (space != PtxSpace.Shared || fragment.Elements.Length != count)
            throw context.Instruction.Unknown("from shared memory, with a register for each matrix");
        var registers = fragment.Elements.Select(element => load ? context.Target(element) : context.Source(element, "b32")).ToArray();
        return load ? new LoadMatrix(registers, slot, offset, context.Has("trans"))
            : new StoreMatrix(registers, slot, offset, context.Has("trans"));
    }

    private static void CheckWhole(Warp warp, uint lanes)
    {
        warp.RequireAll(lanes);
        if (lanes != ~0u)
            throw new EmulationException(Fault.Divergence, "a matrix needs all 32 lanes");
    }

    private sealed unsafe class LoadMatrix(int[] targets, int address, long offset, bool transposed) : Operation
    {
        public override void Execute(Warp warp, uint lanes)
        {
            CheckWhole(warp, lanes);
            var registers = warp.Registers;
            var check = warp.Cta.Options.CheckInitialised;
            Span<ulong> rows = stackalloc ulong[32];
            for (var lane = 0; lane < targets.Length * 8; lane++)
            {
                rows[lane] = registers[(address * 32) + lane] + (ulong)offset;
                warp.Cta.Shared.Resolve(rows[lane], 16, 16, out _);
            }
            for (var matrix = 0; matrix < targets.Length; matrix++)
            {
                for (var lane = 0; lane < 32; lane++)
                {
                    ulong value;
                    if (transposed)
                    {
                        var (row, column) = ((matrix * 8) + ((lane & 3) * 2), (ulong)(lane >> 2) * 2);
                        value = Unsafe.ReadUnaligned<ushort>(LaneMemory.Read(warp, lane, PtxSpace.Shared, rows[row] + column, 2, 2, check))
                            | ((ulong)Unsafe.ReadUnaligned<ushort>(
                                LaneMemory.Read(warp, lane, PtxSpace.Shared, rows[row + 1] + column, 2, 2, check)) << 16);
                    }
                    else
                    {
                        value = Unsafe.ReadUnaligned<uint>(
                            LaneMemory.Read(warp, lane, PtxSpace.Shared, rows[(matrix * 8) + (lane >> 2)] + ((ulong)(lane & 3) * 4), 4, 4,
                            check));
                    }
                    registers[(targets[matrix] * 32) + lane] = value;
                }
            }
        }
    }

    private sealed unsafe class StoreMatrix(int[] sources, int address, long offset, bool transposed) : Operation
    {
        public override void Execute(Warp warp, uint lanes)
        {
            CheckWhole(warp, lanes);
            var registers = warp.Registers;
            Span<byte> value = stackalloc byte[8];
            for (var matrix = 0; matrix < sources.Length; matrix++)
            {
                for (var lane = 0; lane < 32; lane++)
                {
                    var bits = registers[(sources[matrix] * 32) + lane];
                    for (var half = 0; half < 2; half++)
                    {
                        var (row, column) = transposed ? (((lane & 3) * 2) + half, lane >> 2) : (lane >> 2, ((lane & 3) * 2) + half);
                        var start = registers[(address * 32) + (matrix * 8) + row] + (ulong)offset;
                        warp.Cta.Shared.Resolve(start, 16, 16, out _);
                        Unsafe.WriteUnaligned(ref value[0], bits >> (half * 16));
                        var data = LaneMemory.Write(
                            warp, lane, PtxSpace.Shared, start + (ulong)(column * 2), 2, 2, value[..2], isConstant: false);
                        value[..2].CopyTo(new Span<byte>(data, 2));
                    }
                }
            }
        }
    }
}
